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

/** Takes one alert in; an episode that is known changes nothing. */
export function withAlert(alerts: AlertList, given: Anomaly): { alerts: AlertList; taken: Taken } {
  const episode = episodeOf(given);
  const mark = markOf(episode);
  if (alerts.listed.some((one) => episodeOf(one) === episode) || isCounted(alerts.counted, mark)) {
    return { alerts, taken: 'known' };
  }
  const { [mark]: endedAt, ...resolvedBeforeSeen } = alerts.resolvedBeforeSeen;
  const anomaly = bounded(endedAt === undefined ? given : { ...given, status: 'resolved', endedAt });
  const next = { ...alerts, resolvedBeforeSeen };
  if (alerts.listed.length < MOST_LISTED) {
    return { alerts: { ...next, listed: [...alerts.listed, anomaly] }, taken: 'listed' };
  }
  const all = [...alerts.listed, anomaly];
  const least = leastTelling(all);
  const counted = count(next, least.service, markOf(episodeOf(least)), least.status);
  return {
    alerts: { ...counted, listed: all.filter((one) => one !== least) },
    taken: least === anomaly ? 'counted' : 'listed',
  };
}

/** Takes in alerts that another incident only counted. */
export function withCounted(alerts: AlertList, given: CountedAlerts): AlertList {
  let next = alerts;
  for (const [service, { firing, resolved }] of Object.entries(given)) {
    for (const mark of marksOf(resolved)) {
      if (!isCounted(next.counted, mark)) next = count(next, service, mark, 'resolved');
    }
    for (const mark of marksOf(firing)) {
      if (isCounted(next.counted, mark)) continue;
      const { [mark]: endedAt, ...resolvedBeforeSeen } = next.resolvedBeforeSeen;
      const status = endedAt === undefined ? 'firing' : 'resolved';
      next = count({ ...next, resolvedBeforeSeen }, service, mark, status);
    }
  }
  return next;
}

/**
 * Notes that an episode is over. Answers its alert when the record lists it and did not know yet. The end of an
 * episode that is not known is remembered until the episode comes.
 */
export function withResolved(
  alerts: AlertList,
  over: Anomaly,
  endedAt: number,
): { alerts: AlertList; ended: Anomaly | null } {
  const episode = episodeOf(over);
  const index = alerts.listed.findIndex((one) => episodeOf(one) === episode);
  const known = alerts.listed[index];
  if (known) {
    if (known.status === 'resolved') return { alerts, ended: null };
    const ended: Anomaly = { ...known, status: 'resolved', endedAt };
    return { alerts: { ...alerts, listed: alerts.listed.with(index, ended) }, ended };
  }
  const mark = markOf(episode);
  const service = Object.keys(alerts.counted).find((name) => has(marksFor(alerts.counted, name).firing, mark));
  if (service !== undefined) {
    const { firing, resolved } = marksFor(alerts.counted, service);
    const counted = { ...alerts.counted, [service]: { firing: without(firing, mark), resolved } };
    const unlisted = { ...alerts.unlisted, firing: alerts.unlisted.firing - 1 };
    return { alerts: count({ ...alerts, counted, unlisted }, service, mark, 'resolved'), ended: null };
  }
  if (isCounted(alerts.counted, mark)) return { alerts, ended: null };
  const remembered = Object.entries({ ...alerts.resolvedBeforeSeen, [mark]: endedAt });
  const resolvedBeforeSeen = Object.fromEntries(remembered.slice(-MOST_RESOLVED_BEFORE_SEEN));
  return { alerts: { ...alerts, resolvedBeforeSeen }, ended: null };
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
  const { [service]: _, ...counted } = alerts.counted;
  return {
    ...alerts,
    listed: alerts.listed.filter((anomaly) => anomaly.service !== service),
    counted,
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

function count(alerts: AlertList, service: string, mark: string, status: Anomaly['status']): AlertList {
  const known = marksFor(alerts.counted, service);
  const isFull = status === 'firing' && alerts.unlisted.firing >= MOST_FIRING;
  const marks = isFull ? known : { ...known, [status]: known[status] + mark };
  const next = {
    ...alerts,
    counted: { ...alerts.counted, [service]: marks },
    unlisted: { ...alerts.unlisted, [status]: alerts.unlisted[status] + 1 },
  };
  return status === 'resolved' ? { ...next, counted: withoutOldestResolved(next.counted) } : next;
}

/** Forgets resolved episodes of the service that has most of them, once there are too many. */
function withoutOldestResolved(counted: CountedAlerts): CountedAlerts {
  const all = Object.values(counted).reduce((sum, { resolved }) => sum + resolved.length, 0);
  if (all <= MOST_RESOLVED * MARK_LENGTH) return counted;
  const [service, marks] = Object.entries(counted).reduce((most, one) =>
    one[1].resolved.length > most[1].resolved.length ? one : most,
  );
  return { ...counted, [service]: { ...marks, resolved: marks.resolved.slice(MARK_LENGTH) } };
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

/** A service may have the name of something that every object inherits. */
function marksFor(counted: CountedAlerts, service: string): { firing: string; resolved: string } {
  return (Object.hasOwn(counted, service) ? counted[service] : null) ?? { firing: '', resolved: '' };
}

function isCounted(counted: CountedAlerts, mark: string): boolean {
  return Object.values(counted).some(({ firing, resolved }) => has(firing, mark) || has(resolved, mark));
}

function has(joined: string, mark: string): boolean {
  return positionOf(joined, mark) >= 0;
}

/** Where a mark stands; digits that only look like it because two marks meet are passed over. */
function positionOf(joined: string, mark: string): number {
  let at = joined.indexOf(mark);
  while (at % MARK_LENGTH > 0) at = joined.indexOf(mark, at + 1);
  return at;
}

function without(joined: string, mark: string): string {
  const at = positionOf(joined, mark);
  return at < 0 ? joined : joined.slice(0, at) + joined.slice(at + MARK_LENGTH);
}

/** Splits joined marks again. */
export function marksOf(joined: string): string[] {
  return Array.from({ length: joined.length / MARK_LENGTH }, (_, i) =>
    joined.slice(i * MARK_LENGTH, (i + 1) * MARK_LENGTH),
  );
}
