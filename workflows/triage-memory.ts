import type { Anomaly } from '../model/anomaly.js';
import { episodeOf } from './alert-identity.js';

/** Episodes that are remembered, of open and closed incidents; carried over as data, so they must fit a payload. */
const MOST_EPISODES = 12_000;
/** Repeats of an alert whose incident ended so long ago are news. Alertmanager repeats within hours or a day. */
const REMEMBERED_SECONDS = 7 * 24 * 3600;
/** Their texts together: far below the two megabytes that Temporal takes. */
const MOST_CHARACTERS = 600_000;
/** Ends of alerts whose beginning has not been heard of. */
const MOST_OVER = 1_000;
/** Alerts without a start of their own that go on. */
const MOST_UNDATED = 2_000;

export interface EpisodeMemoryState {
  /** Oldest first. */
  incidents: { id: string; episodes: string[]; closedAt: number | null }[];
  over: string[];
  /** Fingerprint and start of what goes on. */
  undated: [fingerprint: string, startedAt: number][];
}

/**
 * Which episode of an alert went to which incident. Bounded: beyond it forgets closed incidents first, the oldest
 * first, then the oldest episodes of open ones. A repeat of one of those finds its incident again by its service or
 * group, and the incident itself knows it.
 */
export class EpisodeMemory {
  private readonly places = new Map<string, string>();
  private readonly byIncident = new Map<string, Set<string>>();
  /** Fingerprint to the incident that its latest episode went to. */
  private readonly alerts = new Map<string, string>();
  /** When incidents ended, unix seconds. */
  private readonly closed = new Map<string, number>();
  private readonly over: Set<string>;
  private readonly undated: Map<string, number>;
  private characters = 0;

  constructor(state: EpisodeMemoryState) {
    for (const { id, episodes, closedAt } of state.incidents) {
      if (closedAt !== null) this.closed.set(id, closedAt);
      for (const episode of episodes) this.put(episode, id);
    }
    this.over = new Set(state.over);
    this.undated = new Map(state.undated);
  }

  incidentOf(episode: string): string | undefined {
    return this.places.get(episode);
  }

  incidentOfAlert(fingerprint: string): string | null {
    return this.alerts.get(fingerprint) ?? null;
  }

  remember(anomaly: Anomaly, incident: string): void {
    this.closed.delete(incident);
    this.put(episodeOf(anomaly), incident);
    this.trim();
  }

  forget(anomaly: Anomaly): void {
    this.remove(episodeOf(anomaly));
  }

  /** Notes that an incident has ended, and forgets those that ended long ago. */
  close(incident: string, at: number): void {
    if (this.byIncident.has(incident)) this.closed.set(incident, at);
    for (const [id, closedAt] of this.closed) {
      if (at - closedAt < REMEMBERED_SECONDS) continue;
      for (const episode of this.byIncident.get(id) ?? []) this.remove(episode);
    }
  }

  /** Gives an incident's episodes, or those of some alerts, to another incident. */
  move(from: string, to: string, which: (fingerprint: string) => boolean): void {
    for (const episode of this.byIncident.get(from) ?? []) {
      if (which(fingerprintOf(episode))) this.put(episode, to);
    }
  }

  noteOver(episode: string): void {
    this.over.add(episode);
    dropOldest(this.over, MOST_OVER);
  }

  wasOver(episode: string): boolean {
    return this.over.has(episode);
  }

  /** When the episode began that this anomaly is of; an end lets the alert's next message begin another. */
  startOf({ fingerprint, status, startedAt }: Anomaly): number {
    const known = this.undated.get(fingerprint);
    if (status === 'resolved') {
      this.undated.delete(fingerprint);
    } else if (known === undefined) {
      this.undated.set(fingerprint, startedAt);
      dropOldest(this.undated, MOST_UNDATED);
    }
    return known ?? startedAt;
  }

  snapshot(): EpisodeMemoryState {
    return {
      incidents: [...this.byIncident].map(([id, episodes]) => ({
        id,
        episodes: [...episodes],
        closedAt: this.closed.get(id) ?? null,
      })),
      over: [...this.over],
      undated: [...this.undated],
    };
  }

  private put(episode: string, incident: string): void {
    this.remove(episode);
    this.places.set(episode, incident);
    this.alerts.set(fingerprintOf(episode), incident);
    this.characters += episode.length;
    const known = this.byIncident.get(incident);
    if (known) known.add(episode);
    else this.byIncident.set(incident, new Set([episode]));
  }

  private remove(episode: string): void {
    const incident = this.places.get(episode);
    if (incident === undefined) return;
    this.places.delete(episode);
    this.characters -= episode.length;
    const fingerprint = fingerprintOf(episode);
    if (this.alerts.get(fingerprint) === incident) this.alerts.delete(fingerprint);
    const episodes = this.byIncident.get(incident);
    episodes?.delete(episode);
    if (episodes?.size !== 0) return;
    this.byIncident.delete(incident);
    this.closed.delete(incident);
  }

  private trim(): void {
    const tooMany = (): boolean => this.places.size > MOST_EPISODES || this.characters > MOST_CHARACTERS;
    if (!tooMany()) return;
    const ids = [...this.byIncident.keys()];
    const closedFirst = [
      ...ids.filter((id) => this.closed.has(id)),
      ...ids.filter((id) => !this.closed.has(id)),
    ];
    for (const id of closedFirst) {
      for (const episode of this.byIncident.get(id) ?? []) {
        if (!tooMany()) return;
        this.remove(episode);
      }
    }
  }
}

function fingerprintOf(episode: string): string {
  return episode.slice(0, episode.lastIndexOf('@'));
}

function dropOldest(
  entries: { size: number; keys(): Iterable<string>; delete(key: string): boolean },
  most: number,
) {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(oldest);
  }
}
