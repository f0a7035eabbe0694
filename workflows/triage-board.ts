import type { Anomaly } from '../model/anomaly.js';
import type {
  DropReason,
  TriageCounts,
  TriagePolicy,
  TriageState,
  TroubledService,
} from '../model/triage.js';
import { episodeOf } from './alert-identity.js';
import { incidentIdOf } from './incident-id.js';
import { EpisodeMemory, type EpisodeMemoryState } from './triage-memory.js';

/** Services and groups by which an open incident attracts anomalies. */
const MOST_NAMES = 200;
/** Drops that are told with their reason; more are only counted. */
const MOST_DROPS = 50;

interface OpenIncident {
  id: string;
  services: string[];
  groups: string[];
  /** When trouble last began at each of `services`; absent in runs of version 0.1. */
  began?: number[];
  /** Absent in runs of version 0.1. */
  anomalies?: number;
  /** How often each alert has come back, by fingerprint: only those that did. */
  flaps?: Record<string, number>;
}

/** What triage carries over when it continues as new: plain data. */
export interface BoardState {
  open: OpenIncident[];
  counts: TriageCounts;
  memory: EpisodeMemoryState;
  drops: TriageState['drops'];
}

/** As runs of version 0.1 carried it. */
export interface FirstBoardState {
  open: OpenIncident[];
  episodes: [episode: string, incident: string][];
  counts: Partial<TriageCounts>;
}

/** What an anomaly is to triage, before anything is decided. */
export type Recognised =
  { kind: 'news' } | { kind: 'repeats' | 'ends'; incident: string } | { kind: 'drop'; reason: DropReason };

/** An open incident that an anomaly belongs to, and why. */
export interface Home {
  incident: string;
  why: string;
}

const NO_COUNTS: TriageCounts = {
  raised: 0,
  placed: 0,
  repeats: 0,
  ended: 0,
  silenced: 0,
  strays: 0,
  late: 0,
  incidents: 0,
  flaps: 0,
};

const COUNTED_AS = { silenced: 'silenced', 'end-of-unknown': 'strays', 'over-before-heard': 'late' } as const;

/**
 * Knows which incidents are open and which alert went to which. One triage workflow owns it, so two alerts for
 * the same thing cannot race into two incidents. Of every anomaly that is raised it is asked once to `recognise`;
 * news is then given to `join`, `open` or `drop`.
 */
export class TriageBoard {
  private readonly memory: EpisodeMemory;
  private readonly state: Omit<BoardState, 'memory'>;

  constructor(carried: BoardState | FirstBoardState = emptyBoard(), at = 0) {
    const { open, counts, memory, drops } = upgraded(carried, at);
    this.state = { open, counts, drops };
    this.memory = new EpisodeMemory(memory);
  }

  get counts(): TriageCounts {
    return this.state.counts;
  }

  get open(): readonly OpenIncident[] {
    return this.state.open;
  }

  /**
   * Tells the start of an alert whose source never does: that of its episode that goes on, else its own.
   * Call it in the order of arrival.
   */
  dated(anomaly: Anomaly): Anomaly {
    if (!anomaly.startUnknown) return anomaly;
    return { ...anomaly, startedAt: this.memory.startOf(anomaly) };
  }

  recognise(anomaly: Anomaly): Recognised {
    this.state.counts.raised += 1;
    return this.look(anomaly);
  }

  private look(anomaly: Anomaly): Recognised {
    const episode = episodeOf(anomaly);
    const incident = this.memory.incidentOf(episode);
    if (anomaly.status === 'firing') {
      if (incident !== undefined) {
        this.state.counts.repeats += 1;
        return { kind: 'repeats', incident };
      }
      return this.memory.wasOver(episode) ? { kind: 'drop', reason: 'over-before-heard' } : { kind: 'news' };
    }
    if (incident === undefined) {
      // Ends and beginnings may overtake each other.
      if (!anomaly.startUnknown) this.memory.noteOver(episode);
      return { kind: 'drop', reason: 'end-of-unknown' };
    }
    if (this.isOpen(incident)) {
      this.state.counts.ended += 1;
      return { kind: 'ends', incident };
    }
    this.state.counts.repeats += 1;
    return { kind: 'repeats', incident };
  }

  /** The open incident that a new anomaly belongs to by its group or its service. */
  homeOf(anomaly: Anomaly, by: TriagePolicy['joinBy']): Home | null {
    const earlier = this.openIncidentOf(anomaly);
    if (earlier) {
      const times = (earlier.flaps?.[anomaly.fingerprint] ?? 0) + 2;
      return { incident: earlier.id, why: `the same alert again, for the ${ordinal(times)} time` };
    }
    for (const incident of this.state.open) {
      if (by.includes('group') && incident.groups.includes(anomaly.group)) {
        return { incident: incident.id, why: 'same alert group' };
      }
    }
    for (const incident of this.state.open) {
      if (by.includes('service') && incident.services.includes(anomaly.service)) {
        return { incident: incident.id, why: `also of ${anomaly.service}` };
      }
    }
    return null;
  }

  join(anomaly: Anomaly, incident: string): void {
    const home = this.find(incident);
    this.state.counts.placed += 1;
    home.anomalies = (home.anomalies ?? 0) + 1;
    if (this.openIncidentOf(anomaly) === home) {
      this.state.counts.flaps += 1;
      const flaps = (home.flaps ??= {});
      flaps[anomaly.fingerprint] = (flaps[anomaly.fingerprint] ?? 0) + 1;
    }
    attractService(home, anomaly.service, anomaly.startedAt);
    attractGroup(home, anomaly.group);
    this.memory.remember(anomaly, incident);
  }

  /** Opens an incident for an anomaly and answers its id; one of the same id that is open is it. */
  openFor(anomaly: Anomaly): { incident: string; opened: boolean } {
    const id = incidentIdOf(anomaly);
    const opened = !this.isOpen(id);
    if (opened) {
      this.state.open.push({ id, services: [], groups: [], began: [], anomalies: 0 });
      this.state.counts.incidents += 1;
    }
    this.join(anomaly, id);
    return { incident: id, opened };
  }

  /** Counts an anomaly that is placed nowhere, and remembers the latest with their reason. */
  drop(anomaly: Anomaly, reason: DropReason, why: string, at: number): void {
    this.state.counts[COUNTED_AS[reason]] += 1;
    const { fingerprint, service } = anomaly;
    this.state.drops = [{ fingerprint, service, at, why }, ...this.state.drops].slice(0, MOST_DROPS);
  }

  /** Forgets an incident that has ended; its episodes stay known, so that their repeats open nothing. */
  close(incident: string, at: number): void {
    this.state.open = this.state.open.filter((open) => open.id !== incident);
    this.memory.close(incident, at);
  }

  /** Attracts anomalies to an incident again that went on when it had ended. */
  reopen(incident: string, firing: readonly Anomaly[]): void {
    if (this.isOpen(incident)) return;
    const again: OpenIncident = {
      id: incident,
      services: [],
      groups: [],
      began: [],
      anomalies: firing.length,
    };
    this.state.open.push(again);
    for (const anomaly of firing) {
      attractService(again, anomaly.service, anomaly.startedAt);
      attractGroup(again, anomaly.group);
      this.memory.remember(anomaly, incident);
    }
  }

  /** Takes back that an anomaly was placed, when its incident turned out to have ended meanwhile. */
  forget(anomaly: Anomaly): void {
    this.memory.forget(anomaly);
    this.state.counts.placed -= 1;
  }

  /** Counts an anomaly that came twice before it had its place. */
  noteRepeat(): void {
    this.state.counts.repeats += 1;
  }

  /** Lets one open incident take over what another attracts and knows; the other is closed to triage. */
  merge(from: string, into: string, at: number): void {
    const [source, target] = [this.find(from), this.find(into)];
    source.services.forEach((service, i) => attractService(target, service, source.began?.[i] ?? 0));
    for (const group of source.groups) attractGroup(target, group);
    target.anomalies = (target.anomalies ?? 0) + (source.anomalies ?? 0);
    this.memory.move(from, into, () => true);
    this.close(from, at);
  }

  /** Lets an incident lose a service to one that is opened for these anomalies of it; answers the new one's id. */
  split(from: string, service: string, [first, ...others]: [Anomaly, ...Anomaly[]]): string {
    const source = this.find(from);
    const at = source.services.indexOf(service);
    if (at >= 0) {
      source.services.splice(at, 1);
      source.began?.splice(at, 1);
    }
    const id = `${incidentIdOf(first)}s${this.state.counts.incidents + 1}`;
    const target: OpenIncident = { id, services: [], groups: [], began: [], anomalies: others.length + 1 };
    this.state.open.push(target);
    this.state.counts.incidents += 1;
    attractService(target, service, Math.max(first.startedAt, ...others.map(({ startedAt }) => startedAt)));
    const moved = new Set([first, ...others].map(({ fingerprint }) => fingerprint));
    this.memory.move(from, id, (fingerprint) => moved.has(fingerprint));
    return id;
  }

  incidentOf(anomaly: Anomaly): string | null {
    return this.memory.incidentOf(episodeOf(anomaly)) ?? null;
  }

  /** The latest incident of each alert, by its fingerprint; null for one that none knows. */
  whereabouts(fingerprints: readonly string[]): (string | null)[] {
    return fingerprints.map((fingerprint) => this.memory.incidentOfAlert(fingerprint));
  }

  snapshot(): BoardState {
    return { ...this.state, memory: this.memory.snapshot() };
  }

  isOpen(incident: string): boolean {
    return this.state.open.some((open) => open.id === incident);
  }

  private find(incident: string): OpenIncident {
    const found = this.state.open.find(({ id }) => id === incident);
    if (!found) throw new Error(`${incident} is not open`);
    return found;
  }

  /** The open incident that an earlier episode of the same alert went to. */
  private openIncidentOf({ fingerprint }: Anomaly): OpenIncident | undefined {
    const earlier = this.memory.incidentOfAlert(fingerprint);
    return this.state.open.find(({ id }) => id === earlier);
  }
}

/** Services of an open incident with trouble, and when it last began. */
export function troublesOf({ services, began = [] }: OpenIncident): TroubledService[] {
  return services.map((name, i) => ({ name, at: began[i] ?? 0 }));
}

export function emptyBoard(): BoardState {
  return { open: [], counts: { ...NO_COUNTS }, memory: { incidents: [], over: [], undated: [] }, drops: [] };
}

function upgraded(carried: BoardState | FirstBoardState, at: number): BoardState {
  if (!('episodes' in carried)) return carried;
  const byIncident = new Map<string, string[]>();
  for (const [episode, incident] of carried.episodes) {
    const known = byIncident.get(incident);
    if (known) known.push(episode);
    else byIncident.set(incident, [episode]);
  }
  return {
    open: carried.open,
    counts: { ...NO_COUNTS, ...carried.counts },
    memory: {
      incidents: [...byIncident].map(([id, episodes]) => ({
        id,
        episodes,
        closedAt: carried.open.some((open) => open.id === id) ? null : at,
      })),
      over: [],
      undated: [],
    },
    drops: [],
  };
}

/*
 * What an incident attracts is bounded: beyond it those go that were heard of first.
 */

function attractService(incident: OpenIncident, service: string, at: number): void {
  const began = (incident.began ??= incident.services.map(() => 0));
  const known = incident.services.indexOf(service);
  if (known >= 0) {
    began[known] = Math.max(began[known] ?? 0, at);
    return;
  }
  incident.services.push(service);
  began.push(at);
  if (incident.services.length <= MOST_NAMES) return;
  incident.services.shift();
  began.shift();
}

function attractGroup(incident: OpenIncident, group: string): void {
  if (!incident.groups.includes(group)) incident.groups.push(group);
  if (incident.groups.length > MOST_NAMES) incident.groups.shift();
}

function ordinal(n: number): string {
  const ending = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
}
