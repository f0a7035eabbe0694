import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Anomaly, Severity } from '../model/anomaly.js';
import type { IncidentRecord } from '../model/incident.js';
import { episodeOf } from './alert-identity.js';

/** Alerts that the record lists. Of a storm, more would tell a reader nothing and weigh down every message. */
const MOST_LISTED = 50;
/** Ended episodes of alerts that are not listed and still known, so that a late repeat of one begins nothing. */
const MOST_ENDED = 20_000;
/** Twelve hex digits: of 10,000 episodes two share them once in five million storms. */
const MARK_LENGTH = 12;

const BY_SEVERITY: readonly Severity[] = ['critical', 'warning', 'info'];

/** The alerts that are counted only: a mark of each episode, joined in one text, since there may be thousands. */
export interface CountedAlerts {
  firing: string;
  ended: string;
}

/** What came of an alert: whether the list has it now, is as it was, or did not need to change for it. */
export type Taken = 'listed' | 'counted' | 'known';

/**
 * The alerts of one incident: some dozens listed in the record, the others counted there and remembered by a mark of
 * their episode, so that repeats are known and the incident ends with the last of them.
 */
export class Alerts {
  private readonly firing: Set<string>;
  private readonly ended: Set<string>;

  constructor(
    private readonly record: Pick<IncidentRecord, 'anomalies' | 'unlisted' | 'severity'>,
    counted: CountedAlerts = { firing: '', ended: '' },
  ) {
    this.firing = new Set(marksOf(counted.firing));
    this.ended = new Set(marksOf(counted.ended));
  }

  snapshot(): CountedAlerts {
    return { firing: [...this.firing].join(''), ended: [...this.ended].join('') };
  }

  /** No alert fires any more, listed or not. */
  areQuiet(): boolean {
    return this.firing.size === 0 && this.record.anomalies.every(({ status }) => status === 'resolved');
  }

  take(anomaly: Anomaly): Taken {
    const { anomalies } = this.record;
    const episode = episodeOf(anomaly);
    const mark = markOf(episode);
    if (
      this.firing.has(mark) ||
      this.ended.has(mark) ||
      anomalies.some((one) => episodeOf(one) === episode)
    ) {
      return 'known';
    }
    this.record.severity = worse(anomaly.severity, this.record.severity);
    if (anomalies.length < MOST_LISTED) {
      anomalies.push(anomaly);
      return 'listed';
    }
    const least = leastTelling([...anomalies, anomaly]);
    this.count(least);
    if (least === anomaly) return 'counted';
    anomalies.splice(anomalies.indexOf(least), 1);
    anomalies.push(anomaly);
    return 'listed';
  }

  /** Notes that an episode is over. Answers its alert when the record lists it and did not know yet. */
  end(over: Anomaly, endedAt: number): Anomaly | null {
    const episode = episodeOf(over);
    const listed = this.record.anomalies.find((one) => episodeOf(one) === episode);
    if (listed) {
      if (listed.status === 'resolved') return null;
      listed.status = 'resolved';
      listed.endedAt = endedAt;
      return listed;
    }
    const mark = markOf(episode);
    if (this.firing.delete(mark)) {
      this.record.unlisted.firing -= 1;
      this.record.unlisted.resolved += 1;
      this.remember(mark);
    }
    return null;
  }

  private count(anomaly: Anomaly): void {
    const mark = markOf(episodeOf(anomaly));
    if (anomaly.status === 'firing') {
      this.firing.add(mark);
      this.record.unlisted.firing += 1;
    } else {
      this.remember(mark);
      this.record.unlisted.resolved += 1;
    }
  }

  private remember(ended: string): void {
    this.ended.add(ended);
    for (const oldest of this.ended) {
      if (this.ended.size <= MOST_ENDED) break;
      this.ended.delete(oldest);
    }
  }
}

/**
 * The alert whose absence a reader would miss least: one that is over before one that fires, a second of a service
 * before the first of another, the milder, the later. Never the one that opened the incident.
 */
function leastTelling(anomalies: readonly Anomaly[]): Anomaly {
  const [opening, ...others] = [...anomalies];
  const heard = new Set(opening?.status === 'firing' ? [opening.service] : []);
  const ranked = others
    .toSorted((a, b) => rank(a) - rank(b) || a.startedAt - b.startedAt)
    .map((anomaly) => {
      const isFirst = !heard.has(anomaly.service);
      heard.add(anomaly.service);
      return { anomaly, isFirst };
    });
  const best = (one: (typeof ranked)[number]) =>
    one.anomaly.status === 'firing' ? (one.isFirst ? 0 : 1) : 2;
  const last = ranked.toSorted((a, b) => best(a) - best(b)).at(-1);
  if (!last) throw new RangeError('there is no alert to leave out');
  return last.anomaly;
}

function rank({ status, severity }: Anomaly): number {
  return (status === 'firing' ? 0 : BY_SEVERITY.length) + BY_SEVERITY.indexOf(severity);
}

function worse(a: Severity, b: Severity): Severity {
  return BY_SEVERITY.indexOf(a) <= BY_SEVERITY.indexOf(b) ? a : b;
}

function markOf(episode: string): string {
  return bytesToHex(sha256(utf8ToBytes(episode)).subarray(0, MARK_LENGTH / 2));
}

function marksOf(joined: string): string[] {
  return Array.from({ length: joined.length / MARK_LENGTH }, (_, i) =>
    joined.slice(i * MARK_LENGTH, (i + 1) * MARK_LENGTH),
  );
}
