import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Vendor } from './vendor.js';

/*
 * PagerDuty as its published schemas describe it (REST API v2: incidents and their notes; Events API v2).
 */

export const TOKEN = 'u+a1b2c3d4e5f6g7h8i9';
export const ROUTING_KEY = '0123456789abcdef0123456789abcdef';
export const FROM = 'faultline@example.com';

const note = z.strictObject({ note: z.strictObject({ content: z.string().trim().min(1).max(25_000) }) });
const link = z.strictObject({ href: z.url(), text: z.string().optional() });
const known = { routing_key: z.literal(ROUTING_KEY), dedup_key: z.string().min(1).max(255) };
const event = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...known,
    event_action: z.literal('trigger'),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
      component: z.string(),
      group: z.string(),
      class: z.string(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
    client: z.string(),
    client_url: z.url().optional(),
    links: z.array(link),
  }),
  z.strictObject({ ...known, event_action: z.literal('acknowledge') }),
  z.strictObject({ ...known, event_action: z.literal('resolve') }),
]);
const LONGEST_EVENT = 512 * 1024;

export interface PagerIncident {
  id: string;
  key: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  notes: string[];
}

export class PagerdutyAccount extends Vendor {
  incidents: PagerIncident[] = [];
  /** How often somebody was woken. */
  rings = 0;

  ring(id: string, key = `key of ${id}`): PagerIncident {
    const incident: PagerIncident = { id, key, status: 'triggered', notes: [] };
    this.incidents.push(incident);
    this.rings += 1;
    return incident;
  }

  protected routes(): void {
    this.app.get<{ Params: { id: string } }>('/incidents/:id/notes', ({ params }, reply) => {
      const incident = this.incidents.find(({ id }) => id === params.id);
      if (!incident) return reply.code(404).send({ error: { message: 'Not Found', code: 2100 } });
      const notes = incident.notes.map((content, index) => ({ id: `N${index}`, content, user: {} }));
      return reply.send({ notes });
    });
    this.app.post<{ Params: { id: string } }>('/incidents/:id/notes', ({ params, body }, reply) => {
      const incident = this.incidents.find(({ id }) => id === params.id);
      if (!incident) return reply.code(404).send({ error: { message: 'Not Found', code: 2100 } });
      const parsed = note.safeParse(body);
      if (!parsed.success) return reply.code(400).send({ error: { message: parsed.error.message } });
      incident.notes.push(parsed.data.note.content);
      return reply.send({ note: { id: `N${incident.notes.length}` } });
    });
    this.app.get<{ Querystring: { incident_key?: string } }>('/incidents', ({ query }, reply) => {
      const found = this.incidents.filter(({ key }) => key === query.incident_key).reverse();
      return reply.send({ incidents: found.map(({ id }) => ({ id })), limit: 1, more: false });
    });
    this.app.post('/v2/enqueue', (request, reply) => {
      const parsed = event.safeParse(request.body);
      if (!parsed.success || JSON.stringify(request.body).length > LONGEST_EVENT) {
        return reply.code(400).send({ status: 'invalid event', message: parsed.error?.message });
      }
      this.happen(parsed.data);
      return reply.code(202).send({ status: 'success', dedup_key: parsed.data.dedup_key });
    });
  }

  protected refusalOf({ headers, method, url }: FastifyRequest) {
    if (url.startsWith('/v2/')) return null;
    if (headers.authorization !== `Token token=${TOKEN}`) return { status: 401, message: 'token' };
    if (method !== 'GET' && headers['from'] !== FROM) return { status: 400, message: 'From' };
    if (headers.accept !== 'application/vnd.pagerduty+json;version=2')
      return { status: 400, message: 'Accept' };
    return null;
  }

  private happen({ event_action, dedup_key }: z.infer<typeof event>): void {
    const open = this.incidents.find(({ key, status }) => key === dedup_key && status !== 'resolved');
    if (event_action === 'trigger' && !open) this.ring(`Q${this.incidents.length}`, dedup_key);
    if (event_action === 'acknowledge' && open) open.status = 'acknowledged';
    if (event_action === 'resolve' && open) open.status = 'resolved';
  }
}
