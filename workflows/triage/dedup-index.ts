import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Anomaly } from '../../model/anomaly.js';
import {
  ORPHAN_RESOLVES,
  REMEMBERED_BYTES,
  REMEMBERED_EPISODES,
  REMEMBERED_SECONDS,
  UNDATED_ALERTS,
} from './limits.js';

/** What is known of one start of an alert: the incident that has it, and whether it fires. */
export interface Episode {
  /** Of `episodeKey`. */
  key: string;
  incident: string;
  service: string;
  /** How often it fired again under the same start after its end; 0 for not yet. */
  recurrence: number;
  isOver: boolean;
  /** How often the alert has fired in this incident, under any start. */
  times: number;
}

type SavedEpisode = [key: string, service: number, recurrence: number, isOver: 0 | 1, times: number];

export interface SavedDedupIndex {
  /** Oldest first. */
  incidents: { id: string; services: string[]; episodes: SavedEpisode[]; closedAt: number | null }[];
  orphans: string[];
  /** Alert and start, of those whose source never says since when they fire. */
  undated: [alert: string, startedAt: number][];
}

/** Bytes of a remembered episode beside its key, and of an incident beside its id, as saved. */
const EPISODE_OVERHEAD = 16;
const INCIDENT_OVERHEAD = 70;
const PLAIN_FINGERPRINT = /^[\w.:/-]{1,32}$/;
const KEY_DIGITS = 24;

/** The name of an alert in the index: its fingerprint, or a hash of it when that is long or holds other characters. */
export function alertKey(fingerprint: string): string {
  if (PLAIN_FINGERPRINT.test(fingerprint)) return fingerprint;
  return `~${bytesToHex(sha256(utf8ToBytes(fingerprint))).slice(0, KEY_DIGITS)}`;
}

/** The name of one start of an alert in the index. Recurrences share it: there is one at a time. */
export function episodeKey({ fingerprint, startedAt }: Pick<Anomaly, 'fingerprint' | 'startedAt'>): string {
  return `${alertKey(fingerprint)}@${Math.round(startedAt)}`;
}

/**
 * Knows which incident has which episode of an alert. Bounded in number and bytes. Every lookup and change is by key:
 * nothing is scanned.
 */
export class DedupIndex {
  private readonly episodes = new Map<string, Episode>();
  private readonly byIncident = new Map<string, Map<string, Episode>>();
  /** The latest episode of each alert. */
  private readonly latest = new Map<string, Episode>();
  /** When incidents closed, unix seconds; the longest closed first. */
  private readonly closed = new Map<string, number>();
  private readonly orphans: Set<string>;
  private readonly undated: Map<string, number>;
  private bytes = 0;

  constructor(saved: SavedDedupIndex = { incidents: [], orphans: [], undated: [] }) {
    for (const { id, services, episodes } of saved.incidents) {
      for (const [key, service, recurrence, isOver, times] of episodes) {
        const name = services[service] ?? '';
        this.put({ key, incident: id, service: name, recurrence, isOver: isOver === 1, times });
      }
    }
    const closed = saved.incidents.flatMap(({ id, closedAt }) =>
      closedAt === null ? [] : [{ id, closedAt }],
    );
    for (const { id, closedAt } of closed.sort((a, b) => a.closedAt - b.closedAt))
      this.closed.set(id, closedAt);
    this.orphans = new Set(saved.orphans);
    this.undated = new Map(saved.undated);
  }

  get(key: string): Episode | undefined {
    return this.episodes.get(key);
  }

  /** The latest episode of an alert, if it is remembered. */
  latestOf(fingerprint: string): Episode | undefined {
    return this.latest.get(alertKey(fingerprint));
  }

  episodesOf(incident: string): Episode[] {
    return [...(this.byIncident.get(incident)?.values() ?? [])];
  }

  /** Remembers that an incident has an anomaly, as firing. Answers how often its alert has fired there. */
  place(anomaly: Anomaly, incident: string): number {
    const earlier = this.latestOf(anomaly.fingerprint);
    const times = earlier?.incident === incident ? earlier.times + 1 : 1;
    const { service, recurrence = 0 } = anomaly;
    this.closed.delete(incident);
    this.put({ key: episodeKey(anomaly), incident, service, recurrence, isOver: false, times });
    this.trim();
    return times;
  }

  /** Gives an episode to another incident. */
  move(episode: Episode, to: string): void {
    this.put({ ...episode, incident: to });
  }

  forget(key: string): void {
    const episode = this.episodes.get(key);
    if (!episode) return;
    this.episodes.delete(key);
    this.bytes -= key.length + EPISODE_OVERHEAD;
    const alert = alertOf(key);
    if (this.latest.get(alert) === episode) this.latest.delete(alert);
    const siblings = this.byIncident.get(episode.incident);
    siblings?.delete(key);
    if (siblings?.size !== 0) return;
    this.byIncident.delete(episode.incident);
    this.closed.delete(episode.incident);
    this.bytes -= episode.incident.length + INCIDENT_OVERHEAD;
  }

  /** Notes that an incident closed, and forgets the episodes of those that closed long ago. */
  close(incident: string, at: number): void {
    if (this.byIncident.has(incident)) {
      this.closed.delete(incident);
      this.closed.set(incident, at);
    }
    this.forgetClosedBefore(at - REMEMBERED_SECONDS);
  }

  reopen(incident: string): void {
    this.closed.delete(incident);
  }

  /** Forgets the episodes of incidents that closed before a time (unix seconds). */
  forgetClosedBefore(time: number): void {
    for (const [id, closedAt] of this.closed) {
      if (closedAt > time) return;
      for (const { key } of this.episodesOf(id)) this.forget(key);
    }
  }

  /** Notes the end of an episode that is not known. */
  noteOrphanResolve(key: string): void {
    this.orphans.add(key);
    dropOldest(this.orphans, ORPHAN_RESOLVES);
  }

  /** Whether an episode's end came before its beginning. Says so once: the next firing of it is live. */
  takeOrphanResolve(key: string): boolean {
    return this.orphans.delete(key);
  }

  /** When the episode began that this anomaly is of; an end lets the alert's next message begin another. */
  startOf({ fingerprint, status, startedAt }: Anomaly): number {
    const alert = alertKey(fingerprint);
    const known = this.undated.get(alert);
    if (status === 'resolved') {
      this.undated.delete(alert);
    } else if (known === undefined) {
      this.undated.set(alert, startedAt);
      dropOldest(this.undated, UNDATED_ALERTS);
    }
    return known ?? startedAt;
  }

  get isEmpty(): boolean {
    return this.episodes.size === 0;
  }

  save(): SavedDedupIndex {
    const incidents = [...this.byIncident].map(([id, episodes]) => {
      const services = [...new Set([...episodes.values()].map(({ service }) => service))];
      const numbers = new Map(services.map((service, number) => [service, number]));
      const closedAt = this.closed.get(id) ?? null;
      return {
        id,
        // Only an open incident can be split by service.
        services: closedAt === null ? services : [],
        episodes: [...episodes.values()].map(({ key, service, recurrence, isOver, times }): SavedEpisode => [
          key,
          closedAt === null ? (numbers.get(service) ?? 0) : 0,
          recurrence,
          isOver ? 1 : 0,
          times,
        ]),
        closedAt,
      };
    });
    return { incidents, orphans: [...this.orphans], undated: [...this.undated] };
  }

  private put(episode: Episode): void {
    const { key, incident } = episode;
    this.forget(key);
    this.episodes.set(key, episode);
    this.latest.set(alertOf(key), episode);
    this.bytes += key.length + EPISODE_OVERHEAD;
    const siblings = this.byIncident.get(incident);
    if (siblings) {
      siblings.set(key, episode);
      return;
    }
    this.byIncident.set(incident, new Map([[key, episode]]));
    this.bytes += incident.length + INCIDENT_OVERHEAD;
  }

  private trim(): void {
    const isTooMuch = () => this.episodes.size > REMEMBERED_EPISODES || this.bytes > REMEMBERED_BYTES;
    if (!isTooMuch()) return;
    for (const ids of [this.closed.keys(), this.byIncident.keys()]) {
      for (const id of ids) {
        for (const { key } of this.episodesOf(id)) {
          if (!isTooMuch()) return;
          this.forget(key);
        }
      }
    }
  }
}

function alertOf(key: string): string {
  return key.slice(0, key.lastIndexOf('@'));
}

function dropOldest(
  entries: { size: number; keys(): Iterable<string>; delete(key: string): boolean },
  most: number,
): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(oldest);
  }
}
