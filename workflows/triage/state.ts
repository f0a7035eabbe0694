import type { Anomaly } from '../../model/anomaly.js';
import type { OutboxItem } from '../../model/delivery.js';
import type { DropReason, TriageCounts, TriageDrop, TriageState } from '../../model/triage.js';
import { DedupIndex, type SavedDedupIndex } from './dedup-index.js';
import { LISTED_CHARACTERS, LISTED_DROPS } from './limits.js';
import { OpenIncidents, type SavedOpenIncident } from './open-incidents.js';
import { Outbox } from './outbox.js';
import { WaitingAlerts, type SavedWaitingAlert } from './waiting-alerts.js';

/** A person's `raise` that is answered when each of its alerts has its place and the incident its message. */
export interface Ticket {
  reply: number;
  alerts: { fingerprint: string; key: string }[];
  /** Incidents that were opened for it. */
  opened: string[];
}

/** A merge or split that is ordered and not delivered yet. */
export interface Move {
  kind: 'merge' | 'split';
  /** Null when the update's handler is of an earlier run. */
  reply: number | null;
  from: string;
  to: string;
  /** Keys of the episodes that are another's with it. */
  episodes: string[];
}

/** A merge or split until the incidents say that it is done: `from` of a merge closes, `to` of a split has its alerts. */
export interface TakeOver {
  kind: Move['kind'];
  from: string;
  to: string;
  /** Unix seconds. */
  since: number;
}

/** Everything that the triage of one environment knows. */
export interface Triage {
  readonly environment: string;
  /** Tells the message ids of this triage from those of one that was ended by hand before it. */
  readonly origin: string;
  sequence: number;
  readonly open: OpenIncidents;
  readonly dedup: DedupIndex;
  readonly waiting: WaitingAlerts;
  readonly outbox: Outbox;
  readonly counts: TriageCounts;
  drops: TriageDrop[];
  tickets: Ticket[];
  /** By the id of the `transfer` message. */
  readonly moves: Map<string, Move>;
  /** Alerts that are on their way from one incident to another. */
  takeOvers: TakeOver[];
  /** Ids of the latest messages of incidents. */
  readonly heard: Set<string>;
}

/** The same as plain data, for the run that continues this one. */
export interface SavedTriage {
  environment: string;
  origin: string;
  sequence: number;
  open: SavedOpenIncident[];
  dedup: SavedDedupIndex;
  waiting: SavedWaitingAlert[];
  outbox: OutboxItem[];
  counts: TriageCounts;
  drops: TriageDrop[];
  moves: [id: string, move: Move][];
  takeOvers: TakeOver[];
  heard: string[];
}

const NO_COUNTS: TriageCounts = {
  raised: 0,
  placed: 0,
  duplicates: 0,
  resolved: 0,
  silenced: 0,
  orphanResolves: 0,
  resolvedBeforeSeen: 0,
  overflow: 0,
  malformed: 0,
  incidents: 0,
  flaps: 0,
};

/** A triage that knows nothing yet. `origin` is unique among the triages of the environment. */
export function newTriage(environment: string, origin: string): Triage {
  return loadTriage({
    environment,
    origin,
    sequence: 0,
    open: [],
    dedup: { incidents: [], orphans: [], undated: [] },
    waiting: [],
    outbox: [],
    counts: NO_COUNTS,
    drops: [],
    moves: [],
    takeOvers: [],
    heard: [],
  });
}

export function loadTriage(saved: SavedTriage): Triage {
  const { environment, origin, sequence, drops } = saved;
  const state: Triage = {
    environment,
    origin,
    sequence,
    open: new OpenIncidents(saved.open),
    dedup: new DedupIndex(
      saved.dedup,
      saved.open.map(([id]) => id),
    ),
    waiting: new WaitingAlerts(saved.waiting),
    outbox: new Outbox(
      environment,
      () => `${origin}-${(state.sequence += 1)}`,
      saved.outbox,
      saved.moves.flatMap(([, { kind, to }]) => (kind === 'split' ? [to] : [])),
    ),
    counts: { ...saved.counts },
    drops,
    tickets: [],
    // Whoever ordered them has no handler in this run.
    moves: new Map(saved.moves.map(([id, move]) => [id, { ...move, reply: null }])),
    takeOvers: saved.takeOvers,
    heard: new Set(saved.heard),
  };
  return state;
}

/** Without tickets: a run ends when all are answered. */
export function saveTriage(state: Triage): SavedTriage {
  const { environment, origin, sequence, counts, drops } = state;
  return {
    environment,
    origin,
    sequence,
    open: state.open.save(),
    dedup: state.dedup.save([...state.open.values()].map(({ id }) => id)),
    waiting: state.waiting.save(),
    outbox: state.outbox.save(),
    counts,
    drops,
    moves: [...state.moves],
    takeOvers: state.takeOvers,
    heard: [...state.heard],
  };
}

/** Incidents of the `triageState` query: the latest. */
const SHOWN_INCIDENTS = 200;

/** What people and tests may ask of a triage. */
export function describeTriage({ open, waiting, outbox, counts, drops }: Triage): TriageState {
  return {
    counts,
    openIncidents: open.size,
    open: [...open.values()].slice(-SHOWN_INCIDENTS).map(({ id, services, alerts, flaps }) => ({
      id,
      services: [...services.keys()],
      alerts,
      flaps,
    })),
    drops,
    waiting: waiting.size,
    undelivered: outbox.size,
  };
}

const COUNTED_AS = {
  silenced: 'silenced',
  'orphan-resolve': 'orphanResolves',
  'resolved-before-seen': 'resolvedBeforeSeen',
  overflow: 'overflow',
  malformed: 'malformed',
} as const satisfies Record<DropReason, keyof TriageCounts>;

/** Counts an anomaly that is placed nowhere, and lists the latest with their reason. */
export function drop(
  state: Triage,
  { fingerprint, service }: Pick<Anomaly, 'fingerprint' | 'service'>,
  reason: DropReason,
  { why, at }: { why: string; at: number },
): void {
  state.counts[COUNTED_AS[reason]] += 1;
  const listed = {
    fingerprint: fingerprint.slice(0, LISTED_CHARACTERS),
    service: service.slice(0, LISTED_CHARACTERS),
    at,
    why: why.slice(0, LISTED_CHARACTERS),
  };
  state.drops = [listed, ...state.drops.slice(0, LISTED_DROPS - 1)];
}
