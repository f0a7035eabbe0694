import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
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

/** The key alone stands for one of the first service that fires for the first time. */
type SavedEpisode = string | [key: string, service: number, recurrence: number, isOver: 0 | 1, times: number];

/** An open incident by its number among the open ones, a closed one by its id. */
type SavedIncident = [
  incident: number | string,
  closedAt: number | null,
  services: string[],
  episodes: SavedEpisode[],
];

export interface SavedDedupIndex {
  /** Oldest first. */
  incidents: SavedIncident[];
  orphans: string[];
  /** Alert and start, of those whose source never says since when they fire. */
  undated: [alert: string, startedAt: number][];
}

/** The episodes of one incident, and how many of them each service has. */
interface Siblings {
  episodes: Map<string, Episode>;
  services: Map<string, number>;
}

/** Bytes, as saved, of an episode beside its key, of an incident beside the id of a closed one, of a service. */
const EPISODE_OVERHEAD = 12;
const INCIDENT_OVERHEAD = 30;
const SERVICE_OVERHEAD = 1;
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
  private readonly byIncident = new Map<string, Siblings>();
  /** The latest episode of each alert. */
  private readonly latest = new Map<string, Episode>();
  /** When incidents closed, unix seconds; the longest closed first. */
  private readonly closed = new Map<string, number>();
  private readonly orphans: Set<string>;
  private readonly undated: Map<string, number>;
  private bytes = 0;

  /** `open`: ids of the open incidents, in the order in which they are saved. */
  constructor(
    saved: SavedDedupIndex = { incidents: [], orphans: [], undated: [] },
    open: readonly string[] = [],
  ) {
    for (const [incident, closedAt, services, episodes] of saved.incidents) {
      const id = typeof incident === 'number' ? (open[incident] ?? '') : incident;
      for (const episode of episodes) {
        const [key, service, recurrence, isOver, times] =
          typeof episode === 'string' ? [episode, 0, 0, 0, 1] : episode;
        const name = services[service] ?? '';
        this.put({ key, incident: id, service: name, recurrence, isOver: isOver === 1, times });
      }
      if (closedAt !== null) this.setClosed(id, closedAt);
    }
    // Those that closed first are forgotten first.
    const byTime = [...this.closed].sort(([, a], [, b]) => a - b);
    this.closed.clear();
    for (const [id, closedAt] of byTime) this.closed.set(id, closedAt);
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
    return [...(this.byIncident.get(incident)?.episodes.values() ?? [])];
  }

  /** Remembers that an incident has an anomaly, as firing. Answers how often its alert has fired there. */
  place(anomaly: Anomaly, incident: string): number {
    const earlier = this.latestOf(anomaly.fingerprint);
    const times = earlier?.incident === incident ? earlier.times + 1 : 1;
    const { service, recurrence = 0 } = anomaly;
    this.reopen(incident);
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
    if (!siblings) return;
    siblings.episodes.delete(key);
    const left = (siblings.services.get(episode.service) ?? 1) - 1;
    if (left > 0) siblings.services.set(episode.service, left);
    else {
      siblings.services.delete(episode.service);
      this.bytes -= jsonBytes(episode.service) + SERVICE_OVERHEAD;
    }
    if (siblings.episodes.size > 0) return;
    this.reopen(episode.incident);
    this.byIncident.delete(episode.incident);
    this.bytes -= INCIDENT_OVERHEAD;
  }

  /** Notes that an incident closed, and forgets the episodes of those that closed long ago. */
  close(incident: string, at: number): void {
    if (this.byIncident.has(incident)) this.setClosed(incident, at);
    this.forgetClosedBefore(at - REMEMBERED_SECONDS);
  }

  reopen(incident: string): void {
    if (this.closed.delete(incident)) this.bytes -= incident.length;
  }

  private setClosed(incident: string, at: number): void {
    this.reopen(incident);
    this.closed.set(incident, at);
    this.bytes += incident.length;
  }

  /** Forgets the episodes of incidents that closed before a time (unix seconds). */
  forgetClosedBefore(time: number): void {
    for (const [id, closedAt] of this.closed) {
      if (closedAt > time) return;
      for (const key of this.byIncident.get(id)?.episodes.keys() ?? []) this.forget(key);
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

  /** `open`: ids of the open incidents, in the order in which they are saved. */
  save(open: readonly string[]): SavedDedupIndex {
    const numbers = new Map(open.map((id, number) => [id, number]));
    const incidents = [...this.byIncident].map(([id, { episodes, services }]): SavedIncident => {
      const names = [...services.keys()];
      const closedAt = this.closed.get(id) ?? null;
      const saved = [...episodes.values()].map((episode) => savedEpisode(episode, names));
      return [numbers.get(id) ?? id, closedAt, names, saved];
    });
    return { incidents, orphans: [...this.orphans], undated: [...this.undated] };
  }

  private put(episode: Episode): void {
    const { key, incident } = episode;
    this.forget(key);
    this.episodes.set(key, episode);
    this.latest.set(alertOf(key), episode);
    this.bytes += key.length + EPISODE_OVERHEAD;
    let siblings = this.byIncident.get(incident);
    if (!siblings) {
      siblings = { episodes: new Map(), services: new Map() };
      this.byIncident.set(incident, siblings);
      this.bytes += INCIDENT_OVERHEAD;
    }
    siblings.episodes.set(key, episode);
    const known = siblings.services.get(episode.service) ?? 0;
    siblings.services.set(episode.service, known + 1);
    if (known === 0) this.bytes += jsonBytes(episode.service) + SERVICE_OVERHEAD;
  }

  private trim(): void {
    const isTooMuch = () => this.episodes.size > REMEMBERED_EPISODES || this.bytes > REMEMBERED_BYTES;
    if (!isTooMuch()) return;
    for (const ids of [this.closed.keys(), this.byIncident.keys()]) {
      for (const id of ids) {
        for (const key of this.byIncident.get(id)?.episodes.keys() ?? []) {
          if (!isTooMuch()) return;
          this.forget(key);
        }
      }
    }
  }
}

function savedEpisode(
  { key, service, recurrence, isOver, times }: Episode,
  services: readonly string[],
): SavedEpisode {
  const number = services.indexOf(service);
  const isPlain = number === 0 && recurrence === 0 && !isOver && times === 1;
  return isPlain ? key : [key, number, recurrence, isOver ? 1 : 0, times];
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
