import { open, readFile, stat } from 'node:fs/promises';
import { descending, group } from 'd3-array';
import { TRACE_ID, type TraceSourceConfig } from '../../../config/traces.js';
import type { Limits } from '../attempt.js';
import { LineIndex } from '../line-index.js';
import { BadQuery, NotASource, QueryTooHeavy, SourceUnavailable } from '../metrics/source/errors.js';
import { MAX_FILE_BYTES, MAX_TRACES } from './limits.js';
import { otlpTraces } from './otlp.js';
import type { RawSpan, RawTrace, TimeSpan, TraceAnswer, TraceQuery, TraceSource } from './source.js';

export type OtlpFileConfig = Extract<TraceSourceConfig, { type: 'otlp-file' }>;
type Limit = Pick<Limits, 'signal'>;

/** Spans of a trace lie so far apart at most, in seconds, or some are missing. */
const TRACE_SECONDS = 300;
/** The first line of a file by lines is an export by itself; a document over several lines begins with a bracket. */
const BEGINNING_BYTES = 64;

const INDEX = new LineIndex(function* momentsIn(text) {
  for (const [, nanoseconds] of text.matchAll(/"startTimeUnixNano"\s*:\s*"?(\d+)/gu))
    yield Number(nanoseconds) / 1e9;
});

/**
 * Spans in a file of OTLP JSON, as the collector's file exporter writes it: one request in each line, of which those
 * around the time in question are read, or a single document, which is read whole.
 */
export class OtlpFileSource implements TraceSource {
  readonly name: string;
  readonly mostTraces = MAX_TRACES;
  private reading: { span: TimeSpan; traces: Promise<RawTrace[]> } | null = null;

  constructor(private readonly config: OtlpFileConfig) {
    this.name = config.name;
  }

  async services({ from, until }: TimeSpan, { signal }: Limit): Promise<string[]> {
    const spans = (await this.read({ from, until }, signal)).flatMap((trace) => trace.spans);
    const inTime = spans.filter(({ start }) => start >= from && start <= until);
    return [...new Set(inTime.flatMap(({ resource }) => resource['service.name'] ?? []))].sort();
  }

  async find(query: TraceQuery, { signal }: Limit): Promise<TraceAnswer> {
    const found = (await this.read(query, signal)).flatMap((trace) => {
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

  /** Reads a time once: what lies within one that was read is known. */
  private read({ from, until }: TimeSpan, signal: AbortSignal): Promise<RawTrace[]> {
    const known = this.reading?.span;
    if (this.reading && known && known.from <= from && until <= known.until) return this.reading.traces;
    const span = { from: Math.min(from, known?.from ?? from), until: Math.max(until, known?.until ?? until) };
    this.reading = { span, traces: readTraces(this.config.file, span, signal) };
    return this.reading.traces;
  }
}

function fits(span: RawSpan, { service, operation, from, until, which }: TraceQuery): boolean {
  if (span.resource['service.name'] !== service || span.start < from || span.start > until) return false;
  if (operation !== null && span.name !== operation) return false;
  if (which === 'failing') return span.failed === true;
  return which === 'any' || span.duration >= which.slowerThan;
}

async function readTraces(file: string, span: TimeSpan, signal: AbortSignal): Promise<RawTrace[]> {
  const asked = { operation: 'spans', endpoint: file };
  const documents = await documentsIn(file, span, asked, signal);
  const spans = documents.flatMap((content) => {
    const parsed = otlpTraces.safeParse(content);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new BadQuery(asked, `a request of the file: ${issue?.path.join('.')}: ${issue?.message}`);
  });
  return [...group(spans, ({ traceId }) => traceId)].map(([traceId, own]) => ({ traceId, spans: own }));
}

/** The file's requests around a time. */
async function documentsIn(
  file: string,
  { from, until }: TimeSpan,
  asked: { operation: string; endpoint: string },
  signal: AbortSignal,
): Promise<unknown[]> {
  const texts: string[] = [];
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) {
      throw new QueryTooHeavy(asked, `the file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
    }
    const around = { from: from - TRACE_SECONDS, until: until + TRACE_SECONDS };
    if (await isOneDocument(file)) texts.push(await readFile(file, 'utf8'));
    else for await (const line of INDEX.lines(file, around, signal)) texts.push(line);
  } catch (error) {
    if (error instanceof QueryTooHeavy || signal.aborted) throw error;
    throw new SourceUnavailable(asked, error instanceof Error ? error.message : String(error));
  }
  return texts.flatMap((text, i) =>
    text.trim() === '' ? [] : documentOf(text, i === texts.length - 1, asked),
  );
}

/** Nothing for a last line that is half written yet. */
function documentOf(
  text: string,
  isLast: boolean,
  asked: { operation: string; endpoint: string },
): unknown[] {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    if (isLast && text.startsWith('{"')) return [];
    throw new NotASource(asked, 'expected JSON, in the whole file or in each of its lines');
  }
}

/** Whether a document is written over several lines, as people read it. */
async function isOneDocument(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
    return /^\s*[{[]\s*\n/u.test(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}
