import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Vendor } from './vendor.js';

/* Grafana as its HTTP API documents annotations. */

export const TOKEN = 'glsa_0123456789abcdefghij';

const annotation = z.strictObject({
  time: z.int().positive(),
  timeEnd: z.int().positive().optional(),
  tags: z.array(z.string().min(1).max(100)),
  text: z.string().min(1),
});
const creation = annotation.extend({ dashboardUID: z.string().optional() });

export class GrafanaServer extends Vendor {
  annotations: (z.infer<typeof creation> & { id: number })[] = [];

  protected routes(): void {
    this.app.post('/grafana/api/annotations', ({ body }, reply) => {
      const parsed = creation.safeParse(body);
      if (!parsed.success) return reply.code(400).send({ message: parsed.error.message });
      const id = this.annotations.length + 1;
      this.annotations.push({ ...parsed.data, id });
      return reply.send({ message: 'Annotation added', id });
    });
    this.app.patch<{ Params: { id: string } }>('/grafana/api/annotations/:id', ({ params, body }, reply) => {
      const parsed = annotation.partial().safeParse(body);
      const known = this.annotations.find(({ id }) => id === Number(params.id));
      if (!parsed.success) return reply.code(400).send({ message: parsed.error.message });
      if (!known) return reply.code(404).send({ message: 'Annotation not found' });
      Object.assign(known, parsed.data);
      return reply.send({ message: 'Annotation patched' });
    });
    this.app.get('/grafana/api/annotations', (request, reply) => {
      const query = new URL(request.url, this.url).searchParams;
      const tags = query.getAll('tags');
      const dashboard = query.get('dashboardUID');
      const found = this.annotations.filter(
        (one) =>
          tags.every((tag) => one.tags.includes(tag)) &&
          (dashboard === null || one.dashboardUID === dashboard),
      );
      return reply.send(found.slice(0, Number(query.get('limit') ?? 100)));
    });
  }

  protected refusalOf({ headers }: FastifyRequest) {
    return headers.authorization === `Bearer ${TOKEN}` ? null : { status: 401, message: 'Invalid API key' };
  }
}
