import type { Series, SeriesMeta, SignalKind } from '../../model/series.js';

/** What a series is called when a metric pack delivers it. */
export interface CollectedName extends Pick<
  SeriesMeta,
  'name' | 'signal' | 'unit' | 'worse' | 'perspective'
> {
  /** The signal's id in the packs; the series is `<subject>/<id>`. */
  id: string;
}

/** What is known of a series of a case before it has a name. */
export interface Described extends Pick<SeriesMeta, 'signal' | 'unit' | 'perspective'> {
  of: 'service' | 'edge' | 'host';
  /** Words of the metric's name, framed by blanks: ` latency p90 `. */
  words: string;
}

interface Row {
  of: Described['of'];
  signal: SignalKind;
  /** Unit of the series as read. */
  unit: string;
  words: RegExp;
  as: CollectedName;
}

const row = (
  of: Row['of'],
  signal: SignalKind,
  unit: string,
  words: RegExp,
  [id, name]: [id: string, name: string],
  worse: SeriesMeta['worse'] = 'up',
): Row => ({ of, signal, unit, words, as: { id, name, signal, unit, worse, perspective: 'self' } });

const ANY = /./u;
const RECEIVED = / (?:rx|received?|in|ingress) /u;

/** Resources that packs deliver, by what they measure. First match wins. */
export const RESOURCES: readonly Row[] = [
  row('service', 'cpu', '1', /throttl/u, ['cpu-throttled', 'share of CPU periods throttled']),
  row('service', 'cpu', 'cores', ANY, ['cpu', 'CPU use']),
  row('service', 'memory', 'bytes', ANY, ['memory', 'memory of the largest container']),
  row('service', 'memory', '1', ANY, ['memory-of-limit', 'share of the memory limit in use']),
  row('service', 'disk', 'bytes/s', ANY, ['disk-io', 'bytes read and written']),
  row('service', 'network', 'bytes/s', RECEIVED, ['network-received', 'bytes received'], 'either'),
  row('host', 'cpu', '1', ANY, ['cpu', 'CPU busy']),
  row('host', 'memory', '1', ANY, ['memory', 'memory in use']),
  row('host', 'disk', '1', / busy /u, ['disk-busy', 'time busy of the busiest disk']),
  row('host', 'network', 'bytes/s', RECEIVED, ['network-received', 'bytes received'], 'either'),
];

/** Words of a golden signal's name; one with others counts something of its own, which no pack reads. */
const GENERIC = new Set(
  `latency latencies duration response request requests req reqs time http server client edge caller callee mean avg average
   ms s sec seconds milliseconds per second rps qps ops load workload throughput traffic calls sum count total rate ratio share
   percent pct error errors err failed failure failures fail success successful availability ok 5xx`.split(
    /\s+/u,
  ),
);

/**
 * The name under which a metric pack delivers such a series; null when no pack does. Any percentile counts: which one a
 * system tells is its own affair.
 */
export function collectedName(described: Described): CollectedName | null {
  const { of, signal, unit, words, perspective } = described;
  const resource = RESOURCES.find(
    (one) => one.of === of && one.signal === signal && one.unit === unit && one.words.test(words),
  );
  if (resource) return resource.as;
  const isGeneric = words
    .trim()
    .split(' ')
    .every((word) => GENERIC.has(word) || /^p?\d{2,3}$/u.test(word));
  if (!isGeneric) return null;
  // What a service says of calls to anybody is nobody's call.
  if (of === 'host' || (of === 'service' && perspective !== 'server')) return null;
  const side = of === 'service' ? '' : perspective === 'server' ? 'edge-server-' : 'client-';
  const shared = { signal, unit, perspective };
  if (signal === 'latency') {
    const statistic = statisticOf(words);
    if (statistic === null) return null;
    const where = side === 'edge-server-' ? ' at the callee' : '';
    const name = `latency ${statistic}${where}`;
    return { ...shared, id: `${side}latency-${statistic}`, name, worse: 'up' };
  }
  if (side === 'edge-server-') return null;
  if (signal === 'errors' && unit === '1') {
    return { ...shared, id: `${side}error-ratio`, name: 'error ratio', worse: 'up' };
  }
  if (signal === 'traffic' && unit === 'req/s') {
    return {
      ...shared,
      id: `${side}request-rate`,
      name: side === '' ? 'requests' : 'calls',
      worse: 'either',
    };
  }
  return null;
}

/** `p95`, `mean`; null when the name tells none. */
function statisticOf(words: string): string | null {
  if (/ (?:average|avg|mean) /u.test(words)) return 'mean';
  const percentile = / p?(\d{2,3}) /u.exec(words)?.[1];
  return percentile === undefined ? null : `p${percentile}`;
}

const STATISTIC = '(?:latency-(?:p\\d+|mean)|error-ratio|request-rate)';
const GOLDEN: Record<Described['of'], RegExp> = {
  service: new RegExp(`^${STATISTIC}$`, 'u'),
  edge: new RegExp(`^(?:client|edge-server)-${STATISTIC}$`, 'u'),
  host: /^$/u,
};

/** Whether a series of a case has a name of the packs: then the product can have it. */
export function isCollected({ id, name, subject }: Series): boolean {
  const own = id.slice(id.lastIndexOf('/') + 1);
  const isResource = RESOURCES.some(({ of, as }) => of === subject.kind && as.id === own && as.name === name);
  return isResource || GOLDEN[subject.kind].test(own);
}
