import { z } from 'zod';
import type { GrafanaSinkConfig } from '../../../config/sinks/grafana.js';
import { isGone, JsonApi } from '../json-api.js';
import { SinkClient } from '../sink-client.js';
import type { Delivery, Sink } from '../sink.js';
import { mayBeThere } from '../worth-telling.js';
import { annotationOf, incidentTag, type Annotation } from './annotation.js';

const created = z.object({ id: z.int() });
const found = z.array(created);

/**
 * One annotation for each incident (docs/sinks/grafana.md): opened at the first symptom, kept up to date, and given its
 * end when the incident is over. Grafana knows no repeats, so the annotation has a tag of its incident by which it is
 * found again.
 */
export class GrafanaSink implements Sink {
  readonly name: string;
  private readonly api: JsonApi;

  constructor(private readonly config: GrafanaSinkConfig) {
    this.name = config.name;
    const client = new SinkClient({ ...config, secrets: [] });
    this.api = new JsonApi(client, { url: config.url, headers: { Accept: 'application/json' } });
  }

  /** Answers the id of the annotation. */
  async post(delivery: Delivery): Promise<string> {
    const { record, before, signal } = delivery;
    const annotation = annotationOf(record, this.config.tags);
    const known = idOf(before?.reference ?? null);
    if (known !== null && (await this.update(known, annotation, signal))) return String(known);
    const mayExist = before !== null || mayBeThere(delivery);
    const other = mayExist ? await this.find(incidentTag(record.id), signal) : null;
    if (other !== null && (await this.update(other, annotation, signal))) return String(other);
    const { dashboardUid } = this.config;
    const body = { ...annotation, ...(dashboardUid !== undefined && { dashboardUID: dashboardUid }) };
    const { id } = await this.api.ask({ method: 'POST', path: 'api/annotations', body }, created, signal);
    return String(id);
  }

  /** Answers whether the annotation was there. */
  private async update(id: number, body: Annotation, signal: AbortSignal): Promise<boolean> {
    const request = { method: 'PATCH', path: `api/annotations/${id}`, body } as const;
    const { status } = await this.api.tell(request, signal, isGone);
    return !isGone(status);
  }

  private async find(tag: string, signal: AbortSignal): Promise<number | null> {
    const params = new URLSearchParams({ type: 'annotation', tags: tag, limit: '1' });
    const { dashboardUid } = this.config;
    if (dashboardUid !== undefined) params.set('dashboardUID', dashboardUid);
    const request = { method: 'GET', path: 'api/annotations', params } as const;
    const [first] = await this.api.ask(request, found, signal);
    return first?.id ?? null;
  }
}

function idOf(reference: string | null): number | null {
  return reference !== null && /^\d+$/.test(reference) ? Number(reference) : null;
}
