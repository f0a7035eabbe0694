import type { Severity } from './anomaly.js';

/**
 * A beat is passed on when this share of the time that a heartbeat may be silent has passed since the last one, so that
 * a history need not hold them all. The last beat may be later than the last that was passed on by as much.
 */
export const PASSED_ON_SHARE = 1 / 4;

/** What a heartbeat is to tell, and when. */
export interface HeartbeatSettings {
  name: string;
  environment: string;
  /** Silence of so long is told. */
  withinSeconds: number;
  severity: Severity;
}

/** To a heartbeat: it was heard of at `at` (unix seconds), or, with null, its settings may have changed. */
export interface HeartbeatMessage {
  at: number | null;
  settings: HeartbeatSettings;
}

/** Where a heartbeat stands. Times are unix seconds. */
export interface HeartbeatState {
  settings: HeartbeatSettings;
  /** When it began to be watched. */
  since: number;
  /** When it was last heard of; null for never. */
  lastHeardAt: number | null;
  /** Since when its silence is told; null while it is heard of. */
  missedAt: number | null;
}
