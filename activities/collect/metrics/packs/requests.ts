import { CALLEE } from './binding.js';
import type { CalleeLabels, CheckSpec, EdgeSpec, RequestSpec, SignalSpec, TimeUnit } from './schema.js';

/*
 * Most instrumentation knows of requests how many there were, how long they took and how they ended. A pack names the
 * metrics and labels (`requests`, `calls`); here they become the queries that are asked of each of them.
 */

interface WrittenOut {
  signals: SignalSpec[];
  edges: EdgeSpec[];
  checks: CheckSpec[];
  /** Where callees may be named by one of several labels: `$called` reads the best that a series has. */
  callees: CalleeLabels | null;
}

/** What is asked of the requests that a pack says are served, and of the calls that it says are made. */
export function writtenOut(requests: readonly RequestSpec[], calls: readonly RequestSpec[]): WrittenOut {
  return {
    signals: [...requests, ...calls].flatMap(signalsOf),
    edges: calls.map(edgeOf),
    checks: requests.map(trafficCheck),
    callees:
      calls.flatMap(({ count, callee }) =>
        Array.isArray(callee) ? [{ metric: count, labels: callee }] : [],
      )[0] ?? null,
  };
}

export const TO_SECONDS: Record<TimeUnit, string> = {
  s: '',
  ms: ' / 1000',
  us: ' / 1000000',
  ns: ' / 1000000000',
};

/** One kind of requests with what its queries share. */
export class Counted {
  /** Label of the callee in answers. */
  readonly callee: string | undefined;
  readonly by: string;
  private readonly matchers: readonly string[];

  constructor(readonly spec: RequestSpec) {
    const { callee, label, only } = spec;
    this.callee = Array.isArray(callee) ? CALLEE : callee;
    this.by = [label ?? '$service', this.callee].filter((one) => one !== undefined).join(', ');
    const named = typeof callee === 'string' ? `${callee}!=""` : undefined;
    this.matchers = ['$selector', only, named].filter((one) => one !== undefined);
  }

  /** An expression over one metric, both sides named as the pack says. */
  read(metric: string, further: readonly string[], over: (selected: string) => string): string {
    const read = `$named(${over(`${metric}{${[...this.matchers, ...further].join(', ')}}`)})`;
    return Array.isArray(this.spec.callee) ? `$called(${read})` : read;
  }

  rate(metric: string, further: readonly string[] = [], shift = ''): string {
    return this.read(metric, further, (selected) => `rate(${selected}[$window]${shift})`);
  }

  sum(metric: string, further: readonly string[] = [], shift = ''): string {
    return `sum by (${this.by}) (${this.rate(metric, further, shift)})`;
  }

  /** The sum of what one of several matchers fits, each series once: `or` leaves out what is there already. */
  sumOfAny(metric: string, matchers: readonly string[]): string {
    return `sum by (${this.by}) (${matchers.map((one) => this.rate(metric, [one])).join('\n    or ')})`;
  }

  /** What failed of what tells how it ended; zeros are written in, so that the baseline is seen. */
  errorRatio(): string {
    const { count, failed, told } = this.spec.outcomes!;
    // A counter of nothing but failures is set against the counter of all.
    const counter = (failed ? count : undefined) ?? this.spec.count;
    const failures = failed ? this.sumOfAny(counter, failed) : this.sum(count!);
    const all = told ? this.sumOfAny(counter, told) : this.sum(counter);
    return `(${failures}\n  or 0 * ${all})\n  / ${all}`;
  }
}

type Measure = Pick<SignalSpec, 'name' | 'signal' | 'unit' | 'worse' | 'query'> & { id: string };

function signalsOf(spec: RequestSpec): SignalSpec[] {
  const counted = new Counted(spec);
  const { name, label, select } = spec;
  const { callee } = counted;
  const isCall = callee !== undefined;
  const prefix = [name?.toLowerCase().replaceAll(' ', '-'), isCall ? 'client' : undefined];
  return measuresOf(counted).map(({ id, ...measure }) => ({
    ...measure,
    id: [...prefix, id].filter((one) => one !== undefined).join('-'),
    name: name === undefined ? measure.name : `${name} ${measure.name}`,
    of: isCall ? 'edge' : 'service',
    perspective: isCall ? 'client' : 'server',
    family: isCall ? 'edges' : 'golden',
    ...(label !== undefined && { label }),
    ...(callee !== undefined && { callee }),
    ...(select && { select }),
  }));
}

function measuresOf(counted: Counted): Measure[] {
  const { spec, callee } = counted;
  const traffic: Measure = {
    id: 'request-rate',
    name: callee === undefined ? 'requests' : 'calls',
    signal: 'traffic',
    unit: 'req/s',
    worse: 'either',
    query: counted.sum(spec.count),
  };
  const errors: Measure = {
    id: 'error-ratio',
    name: 'error ratio',
    signal: 'errors',
    unit: '1',
    worse: 'up',
    query: spec.outcomes ? counted.errorRatio() : '',
  };
  return [...latencies(counted), ...(spec.outcomes ? [errors] : []), traffic];
}

function latencies(counted: Counted): Measure[] {
  const { duration, timedBy, unit } = counted.spec;
  if (duration === undefined) return [];
  const latency = (id: string, query: string): Measure => ({
    id: `latency-${id}`,
    name: `latency ${id}`,
    signal: 'latency',
    unit: 's',
    worse: 'up',
    query: `${query}${TO_SECONDS[unit as TimeUnit]}`,
  });
  const { by } = counted;
  const mean = latency('mean', `${counted.sum(`${duration}_sum`)}\n  / ${counted.sum(`${duration}_count`)}`);
  if (timedBy === 'summary') {
    // Quantiles of several processes cannot be joined: the worst of them is shown.
    const worst = (quantile: string): string =>
      `max by (${by}) (${counted.read(duration, [`quantile="${quantile}"`], (selected) => selected)})`;
    return [latency('p99', worst('0.99')), latency('p95', worst('0.95')), latency('p50', worst('0.5')), mean];
  }
  const buckets = `sum by (${by}, le) (${counted.rate(`${duration}_bucket`)})`;
  const of = (quantile: number): string => `histogram_quantile(${quantile}, ${buckets})`;
  return [latency('p95', of(0.95)), latency('p50', of(0.5)), mean];
}

function edgeOf(spec: RequestSpec): EdgeSpec {
  const counted = new Counted(spec);
  const { label, select } = spec;
  const calls = counted.read(spec.count, [], (selected) => `increase(${selected}[$lookback])`);
  return {
    callee: counted.callee!,
    query: `sum by (${counted.by}) (${calls}) > 0`,
    ...(label !== undefined && { label }),
    ...(select && { select }),
  };
}

function trafficCheck(spec: RequestSpec): CheckSpec {
  const counted = new Counted(spec);
  const { label, select } = spec;
  return {
    id: 'traffic-against-baseline',
    of: 'service',
    onlyExternal: false,
    speaksFor: 'traffic-surge',
    query: `${counted.sum(spec.count)}\n  / ${counted.sum(spec.count, [], ' offset $before')}`,
    failsWhen: { op: '>', value: 2 },
    unit: 'times',
    statement: {
      failed: 'request rate of $name is $value its baseline',
      passed: 'request rate of $name is $value its baseline: normal',
    },
    ...(label !== undefined && { label }),
    ...(select && { select }),
  };
}
