import type { Placement } from '../../model/graph.js';
import type { Series, SeriesMeta, Subject } from '../../model/series.js';
import type { Table } from './tables.js';
import { describeMetric, type MetricMeaning } from './vocabulary.js';

/** What the wide table of a case holds. */
export interface MetricsOfCase {
  times: Float64Array;
  series: Series[];
  /** Services that have a series of their own, in the order of the file. */
  services: string[];
  /** Call edges that have a series of their own. */
  edges: [caller: string, callee: string][];
  /** Which services share a host, as far as their host's metrics give it away. */
  placements: Placement[];
}

interface Column {
  header: string;
  entity: string;
  metric: string;
  meaning: MetricMeaning;
  values: Float64Array;
}

/** Names for a view from outside: who calls the front door, not a service. */
const OUTSIDE = /^(?:entry|ingress|outside|external|internet|user|users|world)$/iu;
const SOURCE = 'metrics.csv';

/**
 * Turns the wide table into series. `frontService` is what a view from outside looks at.
 * Counters become rates, percentages ratios, milliseconds seconds.
 */
export function readSeries(table: Table, frontService: string | null): MetricsOfCase {
  const times = table.numbers('time');
  const columns = table.names.filter((name) => name !== 'time').map((header) => readColumn(header, table));
  const hosts = hostEntities(columns);
  const latencyScale = scaleOfBareLatencies(columns);

  const placements: Placement[] = [];
  const hostOf = new Map<string, string>();
  for (const group of sharedHosts(columns, hosts)) {
    const host = `host of ${group[0]!}`;
    for (const service of group) {
      hostOf.set(service, host);
      placements.push({ service, host, learntFrom: { source: 'equal host metrics', seenAt: null } });
    }
  }

  const services: string[] = [];
  const edges: [string, string][] = [];
  const series: Series[] = [];
  const ids = new Set<string>();
  for (const column of columns) {
    const subject = subjectOf(column, hosts, hostOf, frontService);
    const id = `${nameOf(subject)}/${column.metric}`;
    // Services of one host repeat that host's series.
    if (ids.has(id)) continue;
    ids.add(id);
    if (!hosts.has(column.entity) && !services.includes(column.entity) && isService(column.entity)) {
      services.push(column.entity);
    }
    const edge = column.entity.split('->');
    if (edge.length === 2 && !edges.some(([from, to]) => from === edge[0] && to === edge[1])) {
      edges.push([edge[0]!, edge[1]!]);
    }
    const { meaning } = column;
    series.push({
      id,
      subject,
      signal: meaning.signal,
      name: column.metric,
      unit: meaning.unit,
      worse: meaning.worse,
      perspective: perspectiveOf(column, subject),
      query: column.header,
      source: SOURCE,
      times,
      values: inBaseUnits(column, times, latencyScale),
    });
  }
  return { times, series, services, edges, placements };
}

function readColumn(header: string, table: Table): Column {
  const cut = header.lastIndexOf('__');
  if (cut <= 0) throw new Error(`has a column "${header}", expected <service>__<metric>`);
  const metric = header.slice(cut + 2);
  return {
    header,
    entity: header.slice(0, cut),
    metric,
    meaning: describeMetric(metric),
    values: table.numbers(header),
  };
}

function isService(entity: string): boolean {
  return !entity.includes('->') && !OUTSIDE.test(entity);
}

/** Entities that have nothing but host metrics are hosts themselves. */
function hostEntities(columns: Column[]): Set<string> {
  const hosts = new Set(
    columns.filter(({ meaning }) => meaning.about === 'host').map(({ entity }) => entity),
  );
  for (const { entity, meaning } of columns) if (meaning.about === 'entity') hosts.delete(entity);
  return hosts;
}

function subjectOf(
  { entity, meaning }: Column,
  hosts: Set<string>,
  hostOf: Map<string, string>,
  frontService: string | null,
): Subject {
  const [caller, callee, ...rest] = entity.split('->');
  if (caller !== undefined && callee !== undefined && rest.length === 0)
    return { kind: 'edge', caller, callee };
  if (hosts.has(entity)) return { kind: 'host', host: entity };
  if (meaning.about === 'host') return { kind: 'host', host: hostOf.get(entity) ?? `host of ${entity}` };
  if (OUTSIDE.test(entity) && frontService !== null)
    return { kind: 'edge', caller: entity, callee: frontService };
  return { kind: 'service', service: entity };
}

function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case 'service':
      return subject.service;
    case 'edge':
      return `${subject.caller}->${subject.callee}`;
    case 'host':
      return subject.host;
  }
}

/** An edge is seen by its caller unless the metric says that the callee measured. */
function perspectiveOf({ metric, meaning }: Column, subject: Subject): SeriesMeta['perspective'] {
  if (subject.kind === 'edge') return /\bcallee\b|\bserver\b/iu.test(metric) ? 'server' : 'client';
  return meaning.perspective;
}

/**
 * Groups of services whose host metrics are equal sample by sample: they run on one host. A service alone on
 * its host is a group of one. Constant series tell nothing.
 */
function sharedHosts(columns: Column[], hosts: Set<string>): string[][] {
  const groups = new Map<string, string[]>();
  const prints = new Map<string, string[]>();
  for (const { entity, metric, meaning, values } of columns) {
    if (meaning.about !== 'host' || hosts.has(entity) || isConstant(values)) continue;
    const print = prints.get(entity) ?? [];
    print.push(`${metric}=${values.join(' ')}`);
    prints.set(entity, print);
  }
  for (const [entity, print] of prints) {
    const key = print.sort().join('\n');
    groups.set(key, [...(groups.get(key) ?? []), entity]);
  }
  return [...groups.values()].map((group) => group.sort());
}

function isConstant(values: Float64Array): boolean {
  const finite = values.filter((value) => Number.isFinite(value));
  return finite.every((value) => value === finite[0]);
}

/** No service answers in more than these many seconds as a rule: what reads so is in a smaller unit. */
const IMPLAUSIBLE_LATENCY_SECONDS = 10;

/** The factor to seconds for latencies whose name tells no unit, judged by all of them together. */
function scaleOfBareLatencies(columns: Column[]): number {
  const medians = columns
    .filter(({ meaning }) => meaning.signal === 'latency' && meaning.scale === null)
    .map(({ values }) => medianOf(values))
    .filter((value) => Number.isFinite(value));
  const typical = medianOf(Float64Array.from(medians));
  if (typical > IMPLAUSIBLE_LATENCY_SECONDS * 1e3) return 1e-6;
  return typical > IMPLAUSIBLE_LATENCY_SECONDS ? 1e-3 : 1;
}

function inBaseUnits(column: Column, times: Float64Array, latencyScale: number): Float64Array {
  const { meaning, values } = column;
  if (meaning.counterLike && onlyRises(values)) return rateOf(times, values);
  const scale = meaning.scale ?? bareScale(meaning, values, latencyScale);
  return scale === 1 ? values : values.map((value) => value * scale);
}

function bareScale(meaning: MetricMeaning, values: Float64Array, latencyScale: number): number {
  if (meaning.signal === 'latency') return latencyScale;
  const share = meaning.unit === '1' && (meaning.signal === 'availability' || meaning.signal === 'errors');
  const top = values.reduce((max, value) => (value > max ? value : max), -Infinity);
  // A share that goes up to 100 is a percentage.
  return share && meaning.worse === 'down' && top > 1.5 && top <= 100 + 1e-6 ? 0.01 : 1;
}

/** Rises, and falls at most at restarts of its process. */
function onlyRises(values: Float64Array): boolean {
  let rises = 0;
  let falls = 0;
  let last = NaN;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value > last) rises += 1;
    if (value < last) falls += 1;
    last = value;
  }
  return rises > 0 && falls * 20 <= rises;
}

/** Per second, from one sample to the next; a fall is a restart from zero. The first sample has no rate. */
function rateOf(times: Float64Array, values: Float64Array): Float64Array {
  const rates = new Float64Array(values.length).fill(NaN);
  let previous = -1;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    if (previous >= 0) {
      const before = values[previous]!;
      const rise = value >= before ? value - before : value;
      rates[row] = rise / (times[row]! - times[previous]!);
    }
    previous = row;
  }
  return rates;
}

/** Median of the finite values; NaN when there is none. */
export function medianOf(values: Float64Array): number {
  const finite = values.filter((value) => Number.isFinite(value)).sort();
  if (finite.length === 0) return NaN;
  const middle = finite.length >> 1;
  return finite.length % 2 === 1 ? finite[middle]! : (finite[middle - 1]! + finite[middle]!) / 2;
}
