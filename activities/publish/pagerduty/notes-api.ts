import { z } from 'zod';
import type { PagerdutySinkConfig } from '../../../config/sinks/pagerduty.js';
import { JsonApi } from '../json-api.js';
import { outcomeOf, type Outcome } from '../outcome.js';
import { headerOf, type SinkAnswer, type SinkClient } from '../sink-client.js';

const notes = z.object({ notes: z.array(z.object({ content: z.string() })) });
const incidents = z.object({ incidents: z.array(z.object({ id: z.string() })) });

/** The parts of PagerDuty's REST API v2 that notes need. */
export class NotesApi {
  private readonly api: JsonApi;

  constructor(client: SinkClient, { token, from, url }: NonNullable<PagerdutySinkConfig['notes']>) {
    this.api = new JsonApi(client, {
      url,
      headers: {
        Authorization: `Token token=${token}`,
        Accept: 'application/vnd.pagerduty+json;version=2',
        From: from,
      },
    });
  }

  async add(incident: string, content: string, signal: AbortSignal): Promise<void> {
    const path = `incidents/${encodeURIComponent(incident)}/notes`;
    await this.api.tell({ method: 'POST', path, body: { note: { content } } }, signal);
  }

  /** Whether the incident has a note that ends with this line. */
  async has(incident: string, lastLine: string, signal: AbortSignal): Promise<boolean> {
    const path = `incidents/${encodeURIComponent(incident)}/notes`;
    const found = await this.api.ask({ method: 'GET', path }, notes, signal);
    return found.notes.some(({ content }) => content.trimEnd().split('\n').at(-1) === lastLine);
  }

  /** The newest incident with an alert of this key; null when none became of it (suppressed, or merged away). */
  async incidentOf(key: string, signal: AbortSignal): Promise<string | null> {
    const params = { incident_key: key, date_range: 'all', sort_by: 'created_at:desc', limit: 1 };
    const found = await this.api.ask({ method: 'GET', path: 'incidents', params }, incidents, signal);
    return found.incidents[0]?.id ?? null;
  }
}

/** PagerDuty's REST API says in a header of its own how long it wants to be left alone. */
export function restOutcome(answer: SinkAnswer, nowMs: number): Outcome {
  const wait = headerOf(answer, 'retry-after') ?? headerOf(answer, 'ratelimit-reset');
  return outcomeOf(answer.status, wait, nowMs);
}
