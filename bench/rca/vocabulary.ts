import type { SymptomKind } from '../../model/anomaly.js';
import type { SeriesMeta, SignalKind } from '../../model/series.js';

/** What a metric's name alone says about it. */
export interface MetricMeaning {
  /** Whether the metric is about the entity that its column names, or about the host below it. */
  about: 'entity' | 'host';
  signal: SignalKind;
  unit: string;
  /** Factor from the unit in the name to `unit`; null when the name does not tell the unit. */
  scale: number | null;
  worse: SeriesMeta['worse'];
  perspective: SeriesMeta['perspective'];
  /** The name looks like that of a counter: when its values only rise, they are to be read as a rate. */
  counterLike: boolean;
}

interface Rule {
  signal: SignalKind;
  /** Matched against the words of the name, joined and framed by blanks: ` http server duration p99 ms `. */
  words: RegExp;
  unit: string;
  worse: SeriesMeta['worse'];
  /** Who measures it when the name does not say. */
  perspective: SeriesMeta['perspective'];
}

const anyOf = (...words: string[]): RegExp => new RegExp(` (?:${words.join('|')}) `, 'u');

/** First match wins, so the special stands before the general. Words of operations at large, not of any system. */
const RULES: Rule[] = [
  { signal: 'cpu', words: anyOf('cpu(?: \\w+)* throttl\\w*'), unit: '1', worse: 'up', perspective: 'self' },
  {
    signal: 'other',
    words: anyOf('per (?:request|call|query|op|operation|transaction)'),
    unit: '1',
    worse: 'up',
    perspective: 'self',
  },
  {
    signal: 'saturation',
    words: anyOf('throttl\\w*', 'rate limit\\w*', 'backpressure', 'saturation'),
    unit: '1',
    worse: 'up',
    perspective: 'self',
  },
  {
    signal: 'availability',
    words: anyOf('restarts?', 'reboots?', 'evict\\w*', 'oom(?: kill\\w*)?', 'crash\\w*'),
    unit: '1',
    worse: 'up',
    perspective: 'self',
  },
  {
    signal: 'availability',
    words: anyOf('replicas?', 'ready', 'up', 'uptime', 'alive', 'health', 'healthy'),
    unit: '1',
    worse: 'down',
    perspective: 'self',
  },
  {
    signal: 'availability',
    words: anyOf('availability', 'success', 'successes', 'successful', 'ok', '[12]xx', 'apdex'),
    unit: '1',
    worse: 'down',
    perspective: 'server',
  },
  {
    signal: 'network',
    words: anyOf(
      'retrans\\w*',
      'packet (?:loss|drops?|errors?)',
      '(?:rx|tx|net|network) (?:drops?|dropped|errors?)',
    ),
    unit: '1',
    worse: 'up',
    perspective: 'self',
  },
  {
    signal: 'errors',
    words: anyOf(
      'err',
      'errs',
      'errors?',
      'fail',
      'failed',
      'failures?',
      'faults?',
      'exceptions?',
      'panics?',
      'abort\\w*',
      'reject\\w*',
      'refused',
      'denied',
      'unauthorized',
      'timeouts?',
      'timed out',
      'exhausted',
      'servfail',
      'nxdomain',
      'dropped',
      'invalid',
      'corrupt\\w*',
      'deadlocks?',
      'rollbacks?',
      'unavailable',
      'retry',
      'retries',
      '[45]xx',
      '[45]\\d\\d',
    ),
    unit: '1',
    worse: 'up',
    perspective: 'server',
  },
  {
    signal: 'saturation',
    words: anyOf(
      'pressure',
      'queue\\w*',
      'backlog',
      'lag',
      'pending',
      'waiting',
      'blocked',
      'inflight',
      'threads?',
      'goroutines?',
      'capacity',
      'load ?(?:avg|average|1|5|15)',
    ),
    unit: '1',
    worse: 'up',
    perspective: 'self',
  },
  { signal: 'cpu', words: anyOf('cpu\\w*', 'processor'), unit: 'cores', worse: 'up', perspective: 'self' },
  {
    signal: 'memory',
    words: anyOf('mem', 'memory', 'heap', 'rss', 'working set', 'swap', 'gc', 'garbage'),
    unit: 'bytes',
    worse: 'up',
    perspective: 'self',
  },
  {
    signal: 'connections',
    words: anyOf(
      'sockets?',
      'conns?',
      'connections?',
      'fds?',
      'file descriptors?',
      'pools?',
      'sessions?',
      'handles?',
    ),
    unit: '1',
    worse: 'up',
    perspective: 'self',
  },
  {
    signal: 'latency',
    words: anyOf(
      'latency',
      'latencies',
      'duration',
      'response time',
      'resp time',
      'rt',
      'rtt',
      'elapsed',
      'delay',
      'request time',
      'service time',
    ),
    unit: 's',
    worse: 'up',
    perspective: 'server',
  },
  // A syscall is neither disk nor network: both pass through it.
  { signal: 'other', words: anyOf('syscalls?'), unit: '1/s', worse: 'either', perspective: 'self' },
  {
    signal: 'disk',
    words: anyOf(
      'disk\\w*',
      'diskio',
      'fs',
      'filesystem',
      'iops',
      'io',
      'blkio',
      'inodes?',
      'volume',
      'storage',
      'iowait',
    ),
    unit: '1',
    worse: 'up',
    perspective: 'self',
  },
  {
    signal: 'network',
    words: anyOf(
      'net',
      'network',
      'rx',
      'tx',
      'receive[ds]?',
      'transmit(?:ted|s)?',
      'bandwidth',
      'packets?',
      'tcp',
      'udp',
      'ingress',
      'egress',
      'bytes (?:in|out|sent)',
    ),
    unit: 'bytes/s',
    worse: 'either',
    perspective: 'self',
  },
  {
    signal: 'traffic',
    words: anyOf(
      'load',
      'workloads?',
      'requests?',
      'reqs?',
      'rps',
      'qps',
      'tps',
      'ops',
      'throughput',
      'traffic',
      'calls?',
      'hits',
      'invocations?',
      'queries',
      'transactions?',
      'messages?',
      'events?',
      'processed',
      'consumed',
      'produced',
      'flushed',
      'rate rps',
    ),
    unit: 'req/s',
    worse: 'either',
    perspective: 'server',
  },
];

const UNKNOWN: Rule = { signal: 'other', words: / /u, unit: '', worse: 'either', perspective: 'self' };

/** Words for units, with the factor to the base unit. */
const UNITS: { words: RegExp; unit: string; factor: number }[] = [
  { words: anyOf('rps', 'qps', 'tps', 'per second', 'per sec'), unit: '1/s', factor: 1 },
  { words: anyOf('rpm', 'qpm', 'per minute', 'per min'), unit: '1/s', factor: 1 / 60 },
  { words: anyOf('ms', 'millis', 'milliseconds?', 'msec'), unit: 's', factor: 1e-3 },
  { words: anyOf('us', 'micros', 'microseconds?', 'usec'), unit: 's', factor: 1e-6 },
  { words: anyOf('ns', 'nanos', 'nanoseconds?'), unit: 's', factor: 1e-9 },
  { words: anyOf('s', 'sec', 'secs', 'seconds?'), unit: 's', factor: 1 },
  { words: anyOf('percent', 'pct', 'percentage'), unit: '1', factor: 0.01 },
  { words: anyOf('ratio', 'fraction'), unit: '1', factor: 1 },
  { words: anyOf('cores'), unit: 'cores', factor: 1 },
  { words: anyOf('millicores'), unit: 'cores', factor: 1e-3 },
  { words: anyOf('kb', 'kib'), unit: 'bytes', factor: 1024 },
  { words: anyOf('mb', 'mib'), unit: 'bytes', factor: 1024 ** 2 },
  { words: anyOf('gb', 'gib'), unit: 'bytes', factor: 1024 ** 3 },
  { words: anyOf('bytes'), unit: 'bytes', factor: 1 },
];

/** Splits a metric's or an entity's name in lower-case words, also at camelCase. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9%]+/u)
    .filter((word) => word !== '');
}

/** Reads a metric's name. Never fails: what no rule knows is `other`, and either direction may be bad. */
export function describeMetric(name: string): MetricMeaning {
  const words = wordsOf(name);
  const about = /^(?:node|host|machine|vm)$/u.test(words[0] ?? '') ? 'host' : 'entity';
  const text = ` ${words.join(' ')} `;
  const rule = RULES.find((candidate) => candidate.words.test(text)) ?? UNKNOWN;
  const unit = UNITS.find((candidate) => candidate.words.test(text));
  const share = / (?:rate|utili[sz]ation|usage rate|ratio) /u.test(text) && sharesHaveNoUnit(rule.signal);
  return {
    about,
    signal: rule.signal,
    unit: unitOf(rule, unit?.unit, share),
    scale: unit?.factor ?? null,
    worse: rule.worse,
    perspective: perspectiveOf(text, rule),
    counterLike: / (?:total|count|counter|sum|restarts?|seconds) $/u.test(text),
  };
}

function unitOf(rule: Rule, written: string | undefined, share: boolean): string {
  if (rule.signal === 'traffic' && (written === undefined || written === '1/s')) return 'req/s';
  return written ?? (share ? '1' : rule.unit);
}

/** `cpu-rate`, `memory_utilization` and `success-rate` are shares, `request_rate` is not. */
function sharesHaveNoUnit(signal: SignalKind): boolean {
  return ['cpu', 'memory', 'disk', 'errors', 'availability', 'saturation'].includes(signal);
}

function perspectiveOf(text: string, rule: Rule): SeriesMeta['perspective'] {
  if (rule.perspective !== 'server') return rule.perspective;
  if (/ (?:client|caller|outbound|upstream|downstream|outgoing|endpoint) /u.test(text)) return 'client';
  return 'server';
}

/** The golden signal that an alert on this metric speaks of. */
export function symptomOf(metric: string | null): SymptomKind {
  if (metric === null) return 'other';
  const { signal } = describeMetric(metric);
  switch (signal) {
    case 'latency':
    case 'errors':
    case 'traffic':
    case 'saturation':
    case 'availability':
      return signal;
    case 'cpu':
    case 'memory':
    case 'disk':
    case 'network':
    case 'connections':
      return 'saturation';
    case 'other':
      return 'other';
  }
}
