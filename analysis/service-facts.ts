import type { SignalKind } from '../model/series.js';
import type { Deviation } from './series/deviation.js';
import { RANK } from './weights.js';

/** What the series say about one service, strongest first in every list. */
export interface ServiceFacts {
  /** Latency, errors and availability of the work that it does for others, for the worse. */
  symptoms: Deviation[];
  /** The same of the calls that it makes. */
  calls: Deviation[];
  /** The strongest move of each resource, for the worse. */
  resources: Deviation[];
  traffic: Deviation | null;
  /** The strongest sign of doing less: traffic or resources that fell. */
  quieter: Deviation | null;
  /** Signals that were looked at, moved or not. */
  seen: Set<SignalKind>;
  /** Whether it measures itself how long its answers take. */
  measuresItself: boolean;
  /** Strength of each symptom as far as it is part of the alert's story. */
  told: number[];
  /** Strength of the loudest symptom, as far as it is part of the alert's story; 0 for none. */
  loudness: number;
}

/** The symptom that is loudest in the alert's story; undefined where nothing of it is heard. */
export function loudestSymptom({ symptoms, told, loudness }: ServiceFacts): Deviation | undefined {
  return loudness >= RANK.leastStrength ? symptoms[told.indexOf(loudness)] : undefined;
}

/** How loud a service suffers, as far as none of its callees accounts for it; `explained` is their share, 0..1. */
export function unexplainedLoudness({ loudness }: ServiceFacts, explained = 0): number {
  return Math.min(loudness, RANK.loudest) * (1 - explained);
}

/** How much of its activity a service lost, 0..1, as far as that is no noise. */
export function quietness(move: Deviation | null): number {
  if (move === null || move.weighed.before <= 0) return 0;
  const lost = Math.min(1, Math.max(0, 1 - move.weighed.after / move.weighed.before));
  return lost * Math.min(1, move.strength / RANK.quietStrength);
}

/** Share of its requests that a service, or who calls it, sees fail now; 0 where no failures are seen. */
export function failingShare({ symptoms, traffic }: ServiceFacts): number {
  const shares = symptoms.flatMap(({ series: { unit, signal, worse }, after }) => {
    if (signal === 'latency') return [];
    if (worse === 'down') return unit === '1' ? [1 - after] : [];
    // What is no share is a count by second, as traffic is.
    return unit === '1' && after <= 1
      ? [after]
      : traffic !== null && traffic.after > 0
        ? [after / traffic.after]
        : [];
  });
  return Math.min(1, Math.max(0, ...shares));
}

/** Doublings of the time that an answer of the service takes: the mean of what its callers and itself measure. */
export function slowdown({ symptoms }: Pick<ServiceFacts, 'symptoms'>): number {
  const slower = symptoms.filter(({ series }) => series.signal === 'latency').map(doublings);
  return slower.reduce((sum, one) => sum + Math.max(0, one), 0) / Math.max(1, slower.length);
}

/** From nothing to something counts as many doublings as there are sigmas. */
export function doublings({ weighed: { before, after }, strength, sign }: Deviation): number {
  if (sign === -1) return 0;
  return before > 0 ? Math.log2(after / before) : strength;
}

/** Whether the service itself sees that its answers fail. */
export function seesFailures({ symptoms }: ServiceFacts): boolean {
  return symptoms.some(
    ({ series, strength }) =>
      series.subject.kind === 'service' &&
      series.signal === 'errors' &&
      series.perspective === 'server' &&
      strength >= RANK.leastStrength,
  );
}
