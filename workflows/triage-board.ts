import type { Anomaly } from '../model/anomaly.js';
import { episodeOf } from './anomalies.js';
import { incidentIdOf } from './incident-id.js';

/** Episodes of alerts that are remembered, open and closed; a repeat of one older than these is taken for news. */
const REMEMBERED_EPISODES = 2000;

interface OpenIncident {
  id: string;
  services: string[];
  groups: string[];
}

/** What triage carries over when it continues as new: plain data. */
export interface BoardState {
  open: OpenIncident[];
  /** Episode to the id of the incident that took it, oldest first. */
  episodes: [string, string][];
  counts: { raised: number; repeats: number; strays: number; incidents: number };
}

/** Where an anomaly goes. `stray`: it is over, and no incident has ever known it. */
export type Placement =
  { kind: 'opens' | 'joins' | 'ends' | 'repeats'; incident: string } | { kind: 'stray'; incident: null };

export function emptyBoard(): BoardState {
  return { open: [], episodes: [], counts: { raised: 0, repeats: 0, strays: 0, incidents: 0 } };
}

/**
 * Knows which incidents are open and which alert went to which. One triage workflow owns it, so two alerts for
 * the same thing cannot race into two incidents.
 *
 * Anomalies belong together when their source says so (same group) or when they concern the same service.
 */
export class TriageBoard {
  private readonly episodes: Map<string, string>;

  constructor(private readonly state: BoardState = emptyBoard()) {
    this.episodes = new Map(state.episodes);
  }

  /** Decides on one anomaly and remembers the decision. */
  place(anomaly: Anomaly): Placement {
    this.state.counts.raised += 1;
    const episode = episodeOf(anomaly);
    const known = this.episodes.get(episode);

    if (anomaly.status === 'resolved') {
      if (known === undefined) {
        this.state.counts.strays += 1;
        return { kind: 'stray', incident: null };
      }
      return { kind: this.isOpen(known) ? 'ends' : 'repeats', incident: known };
    }

    if (known !== undefined) {
      this.state.counts.repeats += 1;
      return { kind: 'repeats', incident: known };
    }

    const home = this.state.open.find(
      (incident) => incident.groups.includes(anomaly.group) || incident.services.includes(anomaly.service),
    );
    if (home) {
      addOnce(home.services, anomaly.service);
      addOnce(home.groups, anomaly.group);
      this.remember(episode, home.id);
      return { kind: 'joins', incident: home.id };
    }

    const opened = { id: incidentIdOf(anomaly), services: [anomaly.service], groups: [anomaly.group] };
    this.state.open.push(opened);
    this.state.counts.incidents += 1;
    this.remember(episode, opened.id);
    return { kind: 'opens', incident: opened.id };
  }

  /** Forgets an incident that has ended; its episodes stay known, so that their repeats open nothing. */
  close(incident: string): void {
    this.state.open = this.state.open.filter((open) => open.id !== incident);
  }

  /** Takes back what was decided for an episode, when its incident turned out to have ended meanwhile. */
  forget(anomaly: Anomaly): void {
    this.episodes.delete(episodeOf(anomaly));
  }

  snapshot(): BoardState {
    return { ...this.state, episodes: [...this.episodes] };
  }

  private isOpen(incident: string): boolean {
    return this.state.open.some((open) => open.id === incident);
  }

  private remember(episode: string, incident: string): void {
    this.episodes.set(episode, incident);
    for (const oldest of this.episodes.keys()) {
      if (this.episodes.size <= REMEMBERED_EPISODES) break;
      this.episodes.delete(oldest);
    }
  }
}

function addOnce(list: string[], item: string): void {
  if (!list.includes(item)) list.push(item);
}
