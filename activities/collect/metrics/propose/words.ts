import type { TimeUnit } from '../packs/schema.js';

/*
 * What the words of a metric's name say. People name metrics freely, so that a word speaks for something and never
 * proves it: what is made of the words is told with its reason.
 */

/** The words of a name in lower case: `job:httpRequests_total:rate5m` is job, http, requests, total, rate5m. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/_per_(s|secs?|seconds?)(?=_|:|$)/, '_persec')
    .replace(/_per_(mins?|minutes?)(?=_|:|$)/, '_rpm')
    .split(/[_:.-]+/)
    .filter((word) => word !== '');
}

/** A recording rule's level, `job:` in front, is no part of what is measured. */
export function withoutLevel(name: string): string {
  return name.includes(':') ? name.slice(name.indexOf(':') + 1) : name;
}

const UNITS: readonly (readonly [unit: TimeUnit, word: RegExp])[] = [
  ['s', /^(seconds?|secs?)$/],
  ['ms', /^(milliseconds?|millis|milli|msecs?|ms)$/],
  ['us', /^(microseconds?|micros|usecs?|us)$/],
  ['ns', /^(nanoseconds?|nanos|nsecs?|ns)$/],
];

/** Requests do not take so long: these units are of jobs and ages. */
const LONG_UNIT = /^(minutes?|mins|hours?|days?)$/;

/** The unit of time that a name gives; null when it gives none. */
export function timeUnitIn(words: readonly string[]): TimeUnit | null {
  const found = UNITS.find(([, word]) => words.some((one) => word.test(one)));
  return found?.[0] ?? (words.at(-1) === 's' ? 's' : null);
}

/** What the words of a name speak for. */
export const WORDS = {
  time: /^(durations?|latency|latencies|times?|elapsed|took|timings?|timer|rt|rtt|took|waits?|delay)$/,
  request:
    /^(requests?|reqs?|https?|rpcs?|grpc|graphql|apis?|calls?|handlers?|handled|endpoints?|responses?|quer(y|ies)|commands?|operations?|ops|transactions?|tx|txns?|orders?|messages?|process(ed|ing)|served?|invocations?|actions?|hits|routes?|pages?|logins?|payments?|checkouts?|[245]xx)$/,
  failure: /^(err(ors?)?|fail(ed|ures?|s)?|exceptions?|faults?|5xx|unsuccessful|ko)$/,
  success: /^(success(es|ful)?|succeeded|ok|availability|good)$/,
  ratio: /^(ratios?(\d+[smhd])?|percent(age)?|pct|fraction|availability|share)$/,
  percent: /^(percent(age)?|pct)$/,
  rate: /^(i?rate\d+[smh]|rps|qps|tps|persec|rpm)$/,
  client:
    /^(clients?|outbound|outgoing|upstreams?|egress|dependency|dependencies|external|remote|downstreams?|fetch|sent|callout)$/,
  queue: /^(queues?|queued|backlog|pending|lag|unacked|unprocessed|outstanding|waiting|inflight|enqueued)$/,
  /** Settings and totals of a queue, as opposed to what waits in it. */
  limit: /^(max|maximum|min|limit|limits|capacity|config|configured|total|created|workers?|consumers?|info)$/,
  /** What a process does for itself, or what no request waits for. */
  inner:
    /^(gc|garbage|pauses?|compactions?|flush(es)?|fsync|wal|checkpoints?|startup|boot|builds?|scrapes?|sleep|backoff|locks?|mutex|sched(uler)?|cron|batch(es)?|reconcil(e|es|ed|ing|iation)|sync|migrations?|backups?|cleanup|uptime|age|ttl|lifetime|intervals?|eventloop|loop|warmup|dns|tls|handshakes?|sessions?|idle|jobs?|evaluation|tick|pools?|acquire|connections?|conns?|since|last|timestamp|expiry|expires?|cpu|io)$/,
  /** What is counted in something else than time. */
  size: /^(sizes?|bytes?|kb|kib|mb|mib|rows?|items?|records?|length|tokens?|temperature|celsius|price|amount|chars|lines|depth|score|weight|distance|version|info)$/,
} as const;

export type Topic = keyof typeof WORDS;

/** Whether one of the words speaks for it. */
export function speaksFor(topic: Topic, words: readonly string[]): boolean {
  return words.some((word) => WORDS[topic].test(word));
}

export function isLong(words: readonly string[]): boolean {
  return words.some((word) => LONG_UNIT.test(word));
}

/** The quantile that a name gives, such as `p95`, `95th`, `0_99quantile`; `mean` for one; null when it gives none. */
export function quantileIn(words: readonly string[]): number | 'mean' | null {
  for (const word of words) {
    if (/^(avg|mean|average)$/.test(word)) return 'mean';
    if (word === 'median') return 0.5;
    const digits = /^(?:p|q|quantile)?(5|50|75|90|95|98|99|999)(?:p|th|quantile|percentile)?$/.exec(word);
    const isMarked =
      digits && (digits[0] !== digits[1] || words.some((one) => /^(quantile|percentile)$/.test(one)));
    if (isMarked) return Number(`0.${digits[1] === '5' ? '5' : digits[1]}`);
  }
  return null;
}

/** Words by which metrics of the same requests differ: what is left names the requests. */
const ASPECT =
  /^(total|count|counter|sum|bucket|histogram|summary|requests?|reqs?|responses?|handled|served|processed|processing|num(ber)?|of|per|by)$/;

/**
 * What two metrics of the same requests have in common: `shop` of `shop_requests_total` and `shop_request_duration_ms`.
 */
export function stemOf(name: string): string {
  const isAspect = (word: string): boolean =>
    ASPECT.test(word) ||
    WORDS.time.test(word) ||
    WORDS.failure.test(word) ||
    WORDS.ratio.test(word) ||
    WORDS.rate.test(word) ||
    quantileIn([word]) !== null ||
    UNITS.some(([, unit]) => unit.test(word));
  return wordsOf(withoutLevel(name))
    .filter((word) => !isAspect(word))
    .map((word) => word.replace(/(?<=[a-z]{2})(?<!s)s$/, ''))
    .join('-');
}
