import pMap from 'p-map';
import { z } from 'zod';
import type { TraceSourceConfig } from '../../../config/traces.js';
import { TRACE_ID } from '../../../config/traces.js';
import type { Limits } from '../attempt.js';
import { HttpSource } from '../http-source.js';
import { MAX_ANSWER_BYTES, MAX_SERVICE_NAMES, MAX_TRACES_ONE_BY_ONE, TRACE_CONCURRENCY } from './limits.js';
import { otlpTraces } from './otlp.js';
import type { RawTrace, TimeSpan, TraceAnswer, TraceQuery, TraceSource } from './source.js';

export type TempoConfig = Extract<TraceSourceConfig, { type: 'tempo' }>;

const tagValues = z.object({ tagValues: z.array(z.object({ value: z.string() })).nullish() });
const search = z.object({ traces: z.array(z.object({ traceID: z.string() })).nullish() });

/** Grafana Tempo: search by TraceQL (/api/search), then each trace by its id (/api/traces/{id}). */
export class TempoSource implements TraceSource {
  readonly name: string;
  readonly mostTraces = MAX_TRACES_ONE_BY_ONE;
  private readonly api: HttpSource;

  constructor(private readonly config: TempoConfig) {
    this.name = config.name;
    this.api = new HttpSource(config, {
      setting: `traces.${config.name}`,
      mostBytes: MAX_ANSWER_BYTES,
      headers: config.tenant === undefined ? {} : { 'X-Scope-OrgID': config.tenant },
    });
  }

  async services(window: TimeSpan, limits: Limits): Promise<string[]> {
    const path = '/api/v2/search/tag/resource.service.name/values';
    const request = { path, operation: 'list of services', params: timesOf(window) };
    const { content } = await this.api.get(request, tagValues, limits);
    return (content.tagValues ?? []).map(({ value }) => value).slice(0, MAX_SERVICE_NAMES);
  }

  async find(query: TraceQuery, limits: Limits): Promise<TraceAnswer> {
    const params = { q: traceQl(query), ...timesOf(query), limit: String(query.most), spss: '1' };
    const request = { path: '/api/search', operation: 'search for traces', params };
    const { content, bytes } = await this.api.get(request, search, limits);
    const ids = (content.traces ?? []).map(({ traceID }) => traceID.padStart(32, '0'));
    const found = await pMap(ids, (id) => this.trace(id, query, limits), { concurrency: TRACE_CONCURRENCY });
    // A trace that was found and cannot be had has passed the retention, or is larger than Tempo answers.
    const there = found.filter((one) => one !== null);
    return {
      traces: there.map(({ trace }) => trace),
      bytes: there.reduce((sum, one) => sum + one.bytes, bytes),
    };
  }

  /** Tempo counts calls only as metrics (its metrics generator), which packs read. */
  calls(): Promise<null> {
    return Promise.resolve(null);
  }

  pageOf(traceId: string): string | null {
    return this.config.publicUrl?.replaceAll(TRACE_ID, traceId) ?? null;
  }

  close(): void {
    this.api.close();
  }

  private async trace(
    id: string,
    window: TimeSpan,
    limits: Limits,
  ): Promise<{ trace: RawTrace; bytes: number } | null> {
    const request = { path: `/api/traces/${id}`, operation: 'trace by its id', params: timesOf(window) };
    const answer = await this.api.find(request, otlpTraces, limits);
    return answer && { trace: { traceId: id, spans: answer.content }, bytes: answer.bytes };
  }
}

/** `{ resource.service.name = "cart" && name = "GET /cart" && status = error }`, the latest first. */
function traceQl({ service, operation, which }: TraceQuery): string {
  const parts = [
    `resource.service.name = ${JSON.stringify(service)}`,
    ...(operation === null ? [] : [`name = ${JSON.stringify(operation)}`]),
    ...(which === 'failing' ? ['status = error'] : []),
    ...(typeof which === 'object' ? [`duration >= ${Math.round(which.slowerThan * 1e6)}us`] : []),
  ];
  return `{ ${parts.join(' && ')} } with (most_recent=true)`;
}

/** Tempo takes whole seconds. */
function timesOf({ from, until }: TimeSpan): { start: string; end: string } {
  return { start: String(Math.floor(from)), end: String(Math.ceil(until)) };
}
