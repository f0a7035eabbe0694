import { readFile, stat } from 'node:fs/promises';
import { descending, group } from 'd3-array';
import { TRACE_ID, type TraceSourceConfig } from '../../../config/traces.js';
import { BadQuery, NotASource, QueryTooHeavy, SourceUnavailable } from '../metrics/source/errors.js';
import { MAX_FILE_BYTES, MAX_TRACES } from './limits.js';
import { otlpTraces } from './otlp.js';
import type { RawSpan, RawTrace, TimeSpan, TraceAnswer, TraceQuery, TraceSource } from './source.js';

export type OtlpFileConfig = Extract<TraceSourceConfig, { type: 'otlp-file' }>;

/** Spans in a file of OTLP JSON, as the collector's file exporter writes it: read whole, when it is first asked. */
export class OtlpFileSource implements TraceSource {
  readonly name: string;
  readonly mostTraces = MAX_TRACES;
  private reading: Promise<RawTrace[]> | null = null;

  constructor(private readonly config: OtlpFileConfig) {
    this.name = config.name;
  }

  async services({ from, until }: TimeSpan): Promise<string[]> {
    const spans = (await this.read()).flatMap((trace) => trace.spans);
    const inTime = spans.filter(({ start }) => start >= from && start <= until);
    return [...new Set(inTime.flatMap(({ resource }) => resource['service.name'] ?? []))].sort();
  }

  async find(query: TraceQuery): Promise<TraceAnswer> {
    const found = (await this.read()).flatMap((trace) => {
      const match = trace.spans.find((span) => fits(span, query));
      return match ? [{ trace, start: match.start }] : [];
    });
    found.sort((a, b) => descending(a.start, b.start));
    return { traces: found.slice(0, query.most).map(({ trace }) => trace), bytes: 0 };
  }

  calls(): Promise<null> {
    return Promise.resolve(null);
  }

  pageOf(traceId: string): string | null {
    return this.config.publicUrl?.replaceAll(TRACE_ID, traceId) ?? null;
  }

  close(): void {
    this.reading = null;
  }

  private read(): Promise<RawTrace[]> {
    this.reading ??= readTraces(this.config.file);
    return this.reading;
  }
}

function fits(span: RawSpan, { service, operation, from, until, which }: TraceQuery): boolean {
  if (span.resource['service.name'] !== service || span.start < from || span.start > until) return false;
  if (operation !== null && span.name !== operation) return false;
  if (which === 'failing') return span.failed === true;
  return which === 'any' || span.duration >= which.slowerThan;
}

async function readTraces(file: string): Promise<RawTrace[]> {
  const asked = { operation: 'spans', endpoint: file };
  const text = await textOf(file, asked);
  const documents = documentsIn(text);
  if (documents === null)
    throw new NotASource(asked, 'expected JSON, in the whole file or in each of its lines');
  const spans = documents.flatMap((content, index) => {
    const parsed = otlpTraces.safeParse(content);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new BadQuery(asked, `request ${index + 1}: ${issue?.path.join('.')}: ${issue?.message}`);
  });
  return [...group(spans, ({ traceId }) => traceId)].map(([traceId, own]) => ({ traceId, spans: own }));
}

async function textOf(file: string, asked: { operation: string; endpoint: string }): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) {
      throw new QueryTooHeavy(asked, `the file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof QueryTooHeavy) throw error;
    throw new SourceUnavailable(asked, error instanceof Error ? error.message : String(error));
  }
}

/** Null when the text is not JSON, neither as a whole nor by lines. */
function documentsIn(text: string): unknown[] | null {
  const parsed = (part: string): unknown => {
    try {
      return JSON.parse(part) as unknown;
    } catch {
      return undefined;
    }
  };
  const whole = parsed(text);
  if (whole !== undefined) return [whole];
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parsed);
  return lines.includes(undefined) ? null : lines;
}
