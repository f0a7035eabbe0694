import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Anomaly, Severity } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import type { CountedAlerts } from '../../model/delivery.js';
import { episodeOf } from '../alert-identity.js';

/** Alerts that the record lists. Of a storm, more would tell a reader nothing and weigh down every message. */
const MOST_LISTED = 50;
/** A listed alert: the receiver bounds alerts to as much, and here nobody depends on it. */
const MOST_ALERT_BYTES = 8 * 1024;
/** Resolved episodes of counted alerts that are still known, so that a late repeat of one opens nothing. */
const MOST_RESOLVED = 20_000;
/** Firing episodes that are counted by mark. Beyond, an alert is only a number and does not hold the incident open. */
const MOST_FIRING = 20_000;
/** Episodes whose end came before they did: they come within a transfer, or never. */
const MOST_RESOLVED_BEFORE_SEEN = 2_000;
/** Twelve hex digits: of 10,000 episodes two share them once in five million storms. */
const MARK_LENGTH = 12;

const BY_SEVERITY: readonly Severity[] = ['critical', 'warning', 'info'];

/**
 * The alerts of one incident: some dozens listed, the others remembered by a mark of their episode, so that repeats
 * are known and the incident ends with the last of them. Plain data; the functions below answer a new one.
 */
export interface AlertList {
  listed: Anomaly[];
  counted: CountedAlerts;
  /** Counted alerts so far, those whose marks were forgotten included. */
  unlisted: { firing: number; resolved: number };
  /** Ends of episodes that this incident does not know yet: by mark, the time in unix seconds. */
  resolvedBeforeSeen: Record<string, number>;
}

export const NO_ALERTS: AlertList = {
  listed: [],
  counted: {},
  unlisted: { firing: 0, resolved: 0 },
  resolvedBeforeSeen: {},
};

/** What came of an alert: whether the list has it now, is as it was, or did not need to change for it. */
export type Taken = 'listed' | 'counted' | 'known';

/** No alert fires any more, listed or not. */
export function areResolved({ listed, counted }: AlertList): boolean {
  return (
    listed.every(({ status }) => status === 'resolved') &&
    Object.values(counted).every(({ firing }) => firing === '')
  );
}

/** A counted episode. */
interface Counted {
  service: string;
  status: Anomaly['status'];
}

/** Takes alerts into a list: made from one, for the alerts of a message, and answers another. */
export class AlertBook {
  private listed: Anomaly[];
  private readonly counted = new Map<string, Counted>();
  private readonly unlisted: AlertList['unlisted'];
  private readonly resolvedBeforeSeen: Map<string, number>;

  constructor({ listed, counted, unlisted, resolvedBeforeSeen }: AlertList) {
    this.listed = [...listed];
    this.unlisted = { ...unlisted };
    this.resolvedBeforeSeen = new Map(Object.entries(resolvedBeforeSeen));
    for (const [service, marks] of Object.entries(counted)) {
      for (const mark of marksOf(marks.firing)) this.counted.set(mark, { service, status: 'firing' });
      for (const mark of marksOf(marks.resolved)) this.counted.set(mark, { service, status: 'resolved' });
    }
  }

  list(): AlertList {
    const counted: CountedAlerts = {};
    for (const [mark, { service, status }] of this.counted) {
      // A service may have the name of something that every object inherits.
      const own = Object.hasOwn(counted, service) ? counted[service] : undefined;
      const marks = (counted[service] = own ?? { firing: '', resolved: '' });
      marks[status] += mark;
    }
    return {
      listed: this.listed,
      counted,
      unlisted: this.unlisted,
      resolvedBeforeSeen: Object.fromEntries(this.resolvedBeforeSeen),
    };
  }

  /** Takes one alert in; an episode that is known changes nothing. */
  take(given: Anomaly): Taken {
    const episode = episodeOf(given);
    const mark = markOf(episode);
    if (this.counted.has(mark) || this.listed.some((one) => episodeOf(one) === episode)) return 'known';
    const endedAt = this.resolvedBeforeSeen.get(mark);
    this.resolvedBeforeSeen.delete(mark);
    const anomaly = bounded(endedAt === undefined ? given : { ...given, status: 'resolved', endedAt });
    this.listed.push(anomaly);
    if (this.listed.length <= MOST_LISTED) return 'listed';
    const least = leastTelling(this.listed);
    this.listed = this.listed.filter((one) => one !== least);
    this.count(markOf(episodeOf(least)), least);
    return least === anomaly ? 'counted' : 'listed';
  }

  /** Takes in alerts that another incident only counted. */
  takeCounted(given: CountedAlerts): void {
    for (const [service, { firing, resolved }] of Object.entries(given)) {
      for (const mark of marksOf(resolved)) {
        if (!this.counted.has(mark)) this.count(mark, { service, status: 'resolved' });
      }
      for (const mark of marksOf(firing)) {
        if (this.counted.has(mark)) continue;
        const isOver = this.resolvedBeforeSeen.delete(mark);
        this.count(mark, { service, status: isOver ? 'resolved' : 'firing' });
      }
    }
  }

  /**
   * Notes that an episode is over. Answers its alert when the list has it and did not know yet. The end of an episode
   * that is not known is remembered until the episode comes.
   */
  resolve(over: Anomaly, endedAt: number): Anomaly | null {
    const episode = episodeOf(over);
    const index = this.listed.findIndex((one) => episodeOf(one) === episode);
    const known = this.listed[index];
    if (known) {
      if (known.status === 'resolved') return null;
      this.listed[index] = { ...known, status: 'resolved', endedAt };
      return known;
    }
    const mark = markOf(episode);
    const counted = this.counted.get(mark);
    if (counted?.status === 'firing') {
      this.counted.delete(mark);
      this.unlisted.firing -= 1;
      this.count(mark, { service: counted.service, status: 'resolved' });
    }
    if (!counted) {
      this.resolvedBeforeSeen.set(mark, endedAt);
      forgetOldest(this.resolvedBeforeSeen, MOST_RESOLVED_BEFORE_SEEN);
    }
    return null;
  }

  private count(mark: string, { service, status }: Counted): void {
    this.unlisted[status] += 1;
    if (status === 'firing' && this.unlisted.firing > MOST_FIRING) return;
    this.counted.set(mark, { service, status });
    if (status === 'resolved' && this.unlisted.resolved > MOST_RESOLVED) this.forgetOldestResolved();
  }

  private forgetOldestResolved(): void {
    let resolved = 0;
    for (const { status } of this.counted.values()) if (status === 'resolved') resolved += 1;
    for (const [mark, { status }] of this.counted) {
      if (resolved <= MOST_RESOLVED) break;
      if (status !== 'resolved') continue;
      this.counted.delete(mark);
      resolved -= 1;
    }
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

/** The alerts of one service, or all with null. */
export function alertsOf(
  { listed, counted }: AlertList,
  service: string | null,
): { anomalies: Anomaly[]; counted: CountedAlerts } {
  if (service === null) return { anomalies: listed, counted };
  return {
    anomalies: listed.filter((anomaly) => anomaly.service === service),
    counted: Object.hasOwn(counted, service) ? { [service]: marksFor(counted, service) } : {},
  };
}

/** The list without the alerts of one service. */
export function withoutService(alerts: AlertList, service: string): AlertList {
  const gone = marksFor(alerts.counted, service);
  const others = Object.entries(alerts.counted).filter(([name]) => name !== service);
  return {
    ...alerts,
    listed: alerts.listed.filter((anomaly) => anomaly.service !== service),
    counted: Object.fromEntries(others),
    unlisted: {
      firing: alerts.unlisted.firing - gone.firing.length / MARK_LENGTH,
      resolved: alerts.unlisted.resolved - gone.resolved.length / MARK_LENGTH,
    },
  };
}

/** The worse of two. */
export function worse(a: Severity, b: Severity): Severity {
  return BY_SEVERITY.indexOf(a) <= BY_SEVERITY.indexOf(b) ? a : b;
}

/** An alert may be this much older than the incident; beyond, metrics are rarely kept and the date is rather wrong. */
const OLDEST_START_SECONDS = 7 * 24 * 3600;
/** Alerts that joined may have begun so much before the one that opened the incident. */
const EARLIER_THAN_OPENING_SECONDS = 3600;

/**
 * The listed alerts as an investigation takes them: without their texts, and with starts that can be true. The
 * first alert's start counts when it lies between a week before the incident was opened and now (unix seconds), else
 * the opening does; the others' are bounded by it, so that one wrong date does not move the window away from the
 * incident.
 */
export function alertsToInvestigate(
  listed: readonly Anomaly[],
  { openedAt, now }: { openedAt: number; now: number },
): Anomaly[] {
  const [opening] = listed;
  if (!opening) return [];
  const { startedAt } = opening;
  const isSane = startedAt >= openedAt - OLDEST_START_SECONDS && startedAt <= now;
  const start = isSane ? startedAt : openedAt;
  return listed.map((anomaly, i) => {
    const isTooEarly = anomaly.startedAt < start - EARLIER_THAN_OPENING_SECONDS;
    return { ...textless(anomaly), startedAt: i === 0 || isTooEarly ? start : anomaly.startedAt };
  });
}

/** An alert without what only people read. */
export function textless(anomaly: Anomaly): Anomaly {
  return { ...anomaly, annotations: {}, labels: {}, links: [] };
}

/** Cuts an alert to its budget: annotations go first, then links and labels, then the ends of long names. */
function bounded(anomaly: Anomaly): Anomaly {
  const fits = (one: Anomaly): boolean => jsonBytes(one) <= MOST_ALERT_BYTES;
  if (fits(anomaly)) return anomaly;
  const plain = { ...anomaly, annotations: {} };
  if (fits(plain)) return plain;
  const bare = textless(anomaly);
  if (fits(bare)) return bare;
  return { ...bare, title: `${Array.from(bare.title).slice(0, 200).join('')}…` };
}

/**
 * The alert whose absence a reader would miss least: one that is over before one that fires, a second of a service
 * before the first of another, the milder, the later. Never the one that opened the incident.
 */
function leastTelling(anomalies: readonly [Anomaly, ...Anomaly[]] | Anomaly[]): Anomaly {
  const [opening, ...others] = anomalies as [Anomaly, ...Anomaly[]];
  const named = new Set(opening.status === 'firing' ? [opening.service] : []);
  const ranked = others
    .toSorted((a, b) => rank(a) - rank(b) || a.startedAt - b.startedAt)
    .map((anomaly) => {
      const isFirst = !named.has(anomaly.service);
      named.add(anomaly.service);
      return { anomaly, worth: anomaly.status === 'firing' ? (isFirst ? 0 : 1) : 2 };
    });
  return ranked.toSorted((a, b) => a.worth - b.worth).at(-1)?.anomaly ?? opening;
}

function rank({ status, severity }: Anomaly): number {
  return (status === 'firing' ? 0 : BY_SEVERITY.length) + BY_SEVERITY.indexOf(severity);
}

function markOf(episode: string): string {
  return bytesToHex(sha256(utf8ToBytes(episode)).subarray(0, MARK_LENGTH / 2));
}

function marksFor(counted: CountedAlerts, service: string): { firing: string; resolved: string } {
  return (Object.hasOwn(counted, service) ? counted[service] : null) ?? { firing: '', resolved: '' };
}

/** Splits joined marks again. */
export function marksOf(joined: string): string[] {
  return Array.from({ length: joined.length / MARK_LENGTH }, (_, i) =>
    joined.slice(i * MARK_LENGTH, (i + 1) * MARK_LENGTH),
  );
}
