import { descending, quantile } from 'd3-array';
import pMap from 'p-map';
import type { Gap } from '../../../model/gap.js';
import type { TraceChoice } from '../../../model/telemetry.js';
import { count } from '../../../model/wording.js';
import type { Limits } from '../attempt.js';
import { gapOf } from '../gaps.js';
import { isOutage, OutOfTime, QueryTooHeavy, SourceError } from '../metrics/source/errors.js';
import { MAX_SPANS, MAX_SPANS_PER_TRACE, MAX_TOTAL_BYTES, TRACE_CONCURRENCY } from './limits.js';
import type { TracePlan } from './plan.js';
import type { RawSpan, RawTrace, TimeSpan, TraceQuery, TraceSource } from './source.js';

/*
 * A fair sample. What is compared before and since, times above all, comes from traces that were read whatever they
 * are: of each entry operation, and of each of several parts of the time, the same number. Failing and slow ones are
 * read beside them as examples, and to see where failures begin; they say nothing of how often or how long.
 */

/** Entry operations that are read apart from each other. */
const MOST_OPERATIONS = 5;
/** Of each operation and part of the time. */
const TRACES_OF_PART = { least: 6, most: 40 };
/** Ordinary traces by which the operations are found, before and since each. */
const LOOK_TRACES = 30;
const FAILING_TRACES = 20;
const SLOW_TRACES = 5;
/** What takes longer than this share of the calm is slow. */
const SLOW_QUANTILE = 0.95;

/** Ordinary traces that failed, from which a search for failing ones should have found some. */
const LEAST_FAILED = 3;

/** Probes ask often, and nobody waits for them. */
const PROBE = /health|ready|readiness|live(ness|z)|\bping\b|\/metrics\b|probe/i;

export interface SampledTrace extends RawTrace {
  choice: TraceChoice;
}

export interface Sample {
  traces: SampledTrace[];
  gaps: Gap[];
}

/** Reads the sample of one service under one of its names. Answers what it has when the time is over. */
export async function sampleTraces(
  source: TraceSource,
  service: string,
  plan: TracePlan,
  limits: Limits,
): Promise<Sample> {
  const sampler = new Sampler(source, service, limits);
  await sampler.run(plan);
  return sampler.sample();
}

class Sampler {
  private readonly traces = new Map<string, SampledTrace>();
  private readonly gaps: Gap[] = [];
  private bytes = 0;
  private spans = 0;
  private cut = 0;
  private isFull = false;
  private failingFound = 0;

  constructor(
    private readonly source: TraceSource,
    private readonly service: string,
    private readonly limits: Limits,
  ) {}

  async run({ parts, calm, since }: TracePlan): Promise<void> {
    const look = { which: 'any', most: LOOK_TRACES } as const;
    const failing = { which: 'failing', most: FAILING_TRACES } as const;
    await this.all([
      { ...look, ...calm },
      { ...look, ...since },
    ]);
    await this.all([
      { ...failing, ...calm },
      { ...failing, ...since },
    ]);
    const room = Math.floor(this.source.mostTraces / (parts.length * TRACES_OF_PART.least));
    const most = Math.max(1, Math.min(MOST_OPERATIONS, room));
    const { chosen, left } = operationsIn(this.traces.values(), this.service, most);
    if (left > 0) {
      const reason = `its ${most} most frequent ones are read`;
      this.gap(`traces of ${count(left, 'operation')} of ${this.service}`, reason);
    }
    const each = this.tracesOfPart(chosen.length * parts.length);
    const asked = parts.flatMap((part) => chosen.map((operation) => ({ ...part, operation, most: each })));
    await this.all(asked.map((one) => ({ ...one, which: 'any' as const })));
    await this.all(this.slowQueries(calm, since));
    this.noteUnfoundFailures(since);
  }

  /** Jaeger 2 with its storage in memory finds no trace by its error. */
  private noteUnfoundFailures({ from, until }: TimeSpan): void {
    const all = [...this.traces.values()];
    const failed = all.filter(
      ({ choice, spans }) =>
        choice === 'ordinary' &&
        spans.some(
          (span) => isOf(span, this.service) && span.failed && span.start >= from && span.start <= until,
        ),
    );
    if (this.failingFound > 0 || failed.length < LEAST_FAILED) return;
    const reason = `a search for error=true finds none, although ${failed.length} of the others failed`;
    this.gap(`failing traces of ${this.service}`, reason);
  }

  sample(): Sample {
    if (this.cut > 0) {
      this.gap(`spans of ${count(this.cut, 'trace')}`, `of one trace ${MAX_SPANS_PER_TRACE} spans are read`);
    }
    return { traces: [...this.traces.values()], gaps: this.gaps };
  }

  private tracesOfPart(queries: number): number {
    const share = Math.floor(this.source.mostTraces / Math.max(1, queries));
    return Math.max(TRACES_OF_PART.least, Math.min(TRACES_OF_PART.most, share));
  }

  /** For the operation whose time grew most, those that took longer than nearly all before. */
  private slowQueries(calm: TimeSpan, since: TimeSpan): Question[] {
    const times = new Map<string, { calm: number[]; since: number[] }>();
    for (const trace of this.traces.values()) {
      if (trace.choice !== 'ordinary') continue;
      for (const span of entriesIn(trace, this.service)) {
        const own = times.get(span.name) ?? { calm: [], since: [] };
        if (span.start < calm.until) own.calm.push(span.duration);
        else own.since.push(span.duration);
        times.set(span.name, own);
      }
    }
    const grown = [...times].flatMap(([operation, own]) => {
      const usual = quantile(own.calm, SLOW_QUANTILE);
      const now = quantile(own.since, SLOW_QUANTILE);
      return usual === undefined || now === undefined || usual <= 0
        ? []
        : [{ operation, usual, times: now / usual }];
    });
    const [most] = grown.sort((a, b) => descending(a.times, b.times));
    if (most === undefined || most.times <= 1) return [];
    const { operation, usual: slowerThan } = most;
    return [{ ...since, operation, which: { slowerThan }, most: SLOW_TRACES }];
  }

  private async all(questions: readonly Question[]): Promise<void> {
    await pMap(questions, (one) => this.ask(one), { concurrency: TRACE_CONCURRENCY });
  }

  private async ask(question: Question): Promise<void> {
    if (this.isFull) return;
    const query: TraceQuery = { operation: null, ...question, service: this.service };
    try {
      const { traces, bytes } = await this.find(query);
      this.bytes += bytes;
      if (query.which === 'failing') this.failingFound += traces.length;
      for (const trace of traces) this.keep(trace, choiceOf(query));
    } catch (error) {
      this.gaps.push(gapOf(error, this.limits, this.source.name, `traces of ${this.service}`));
      // An outage, refused credentials or a wrong address would be the same for every query.
      const isOver = error instanceof OutOfTime || isOutage(error);
      if (isOver || (error instanceof SourceError && this.traces.size === 0)) this.isFull = true;
    }
    if (!this.isFull && (this.bytes >= MAX_TOTAL_BYTES || this.spans >= MAX_SPANS)) {
      this.isFull = true;
      const most = `${MAX_SPANS} spans and ${MAX_TOTAL_BYTES / 1024 / 1024} MiB`;
      this.gap(`some traces of ${this.service}`, `of one source ${most} are read`);
    }
  }

  /** Asks for fewer traces while an answer is larger than may be read. */
  private async find(query: TraceQuery): ReturnType<TraceSource['find']> {
    for (let most = query.most; ; most = Math.floor(most / 2)) {
      try {
        return await this.source.find({ ...query, most }, this.limits);
      } catch (error) {
        if (!(error instanceof QueryTooHeavy) || most <= 1) throw error;
      }
    }
  }

  private keep(trace: RawTrace, choice: TraceChoice): void {
    const known = this.traces.get(trace.traceId);
    // Without those that were found for another reason too, ordinary ones would fail too seldom.
    if (known && choice === 'ordinary') known.choice = choice;
    if (known || trace.spans.length === 0) return;
    const spans = trace.spans.slice(0, MAX_SPANS_PER_TRACE);
    if (spans.length < trace.spans.length) this.cut += 1;
    if (this.spans + spans.length > MAX_SPANS) {
      this.spans = MAX_SPANS;
      return;
    }
    this.spans += spans.length;
    this.traces.set(trace.traceId, { ...trace, spans, choice });
  }

  private gap(what: string, reason: string): void {
    this.gaps.push({ source: this.source.name, what, reason });
  }
}

type Question = Omit<TraceQuery, 'service' | 'operation'> & { operation?: string };

function choiceOf({ which }: TraceQuery): TraceChoice {
  if (which === 'any') return 'ordinary';
  return which === 'failing' ? 'failing' : 'slow';
}

/** The operations by which requests enter the service: those that fail first, then the most frequent. */
function operationsIn(
  traces: Iterable<SampledTrace>,
  service: string,
  most: number,
): { chosen: string[]; left: number } {
  const counts = new Map<string, { failing: number; all: number }>();
  for (const trace of traces) {
    for (const { name } of entriesIn(trace, service)) {
      const count = counts.get(name) ?? { failing: 0, all: 0 };
      count.all += 1;
      if (trace.choice === 'failing') count.failing += 1;
      counts.set(name, count);
    }
  }
  const ordered = [...counts].filter(([name]) => !PROBE.test(name));
  ordered.sort(
    ([a, one], [b, other]) =>
      descending(one.failing, other.failing) || descending(one.all, other.all) || a.localeCompare(b),
  );
  const chosen = ordered.slice(0, most).map(([name]) => name);
  return { chosen, left: ordered.length - chosen.length };
}

function isOf({ resource }: RawSpan, service: string): boolean {
  return resource['service.name'] === service;
}

/** The spans of a service that nothing of the same service has called. */
function entriesIn({ spans }: RawTrace, service: string): RawSpan[] {
  const own = spans.filter((span) => isOf(span, service));
  const ids = new Set(own.map(({ spanId }) => spanId));
  return own.filter(({ parentId }) => parentId === null || !ids.has(parentId));
}
