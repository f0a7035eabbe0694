import type { Evidence, FaultKind, Movement } from '../../model/diagnosis.js';
import type { Series, SeriesMeta } from '../../model/series.js';
import type { Deviation } from '../series/deviation.js';
import { RANK } from '../weights.js';

/** A piece of evidence on its way to the ranking. */
export interface Finding {
  /** Number of the suspect in the call graph. */
  service: number;
  evidence: Evidence;
  /** Fault kinds that it speaks for (or against, below 0), if this suspect is the cause. */
  kinds: [FaultKind, number][];
}

interface Parts {
  observation: string;
  kind: Evidence['kind'];
  stance?: Evidence['stance'];
  weight: number;
  statement: string;
  move?: Deviation | null;
  /** What to look at where no single move says it. */
  series?: Series | null;
  changeId?: string | null;
  kinds?: [FaultKind, number][];
}

export function finding(service: number, parts: Parts): Finding {
  const {
    observation,
    kind,
    stance = 'for',
    weight,
    statement,
    move = null,
    series = move && move.series,
    changeId = null,
    kinds = [],
  } = parts;
  return {
    service,
    evidence: {
      observation,
      kind,
      stance,
      weight: Math.max(0, weight),
      statement,
      movement: move && movementOf(move),
      series: series && metaOf(series),
      changeId,
    },
    kinds,
  };
}

/** A series without its samples. */
export function metaOf(series: Series): SeriesMeta {
  const { id, subject, signal, name, unit, worse, perspective, query, source } = series;
  return { id, subject, signal, name, unit, worse, perspective, query, source };
}

export function movementOf(move: Deviation): Movement {
  return {
    before: move.before,
    after: move.after,
    unit: move.series.unit,
    direction: move.sign === 1 ? 'up' : 'down',
    onset: { time: move.onset, uncertaintySeconds: move.onsetUncertainty },
    surprise: Math.min(1, 10 ** -move.surprise),
  };
}

/** How near to being used up a pool is, 0..1: one of which little is in use lacks nothing, however much that grew. */
export function scarcity({ series: { signal, unit }, after }: Deviation): number {
  return signal === 'connections' && unit === '1' ? Math.min(1, after / RANK.halfFull) : 1;
}

/** Whether the move is, or may be, bad in itself: 1, 0.5 where either direction may be, 0 for an improvement. */
export function badness({ series, sign }: Deviation): number {
  if (series.worse === 'either') return 0.5;
  return (series.worse === 'up') === (sign === 1) ? 1 : 0;
}

/**
 * How many are in flight is how many come times how long each stays (Little 1961): queues, threads, open connections.
 * Not the share of a pool that is in use: once it is full, the waiting is its doing.
 */
export function isHeldOpen({ series: { signal, unit }, after }: Deviation): boolean {
  return signal === 'saturation' || (signal === 'connections' && !(unit === '1' && after <= 1));
}
