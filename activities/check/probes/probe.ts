import type { CheckConfig } from '../../../config/checks.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import { quantity } from '../../../model/wording.js';
import type { Guard } from './guard.js';

/** A session that waits longer for a lock, or a statement that runs longer, is trouble; a queue for a moment is not. */
export const LONG_WAIT_SECONDS = 5;
const LONG_STATEMENT_SECONDS = 60;
export const LONG_REPLICATION_LAG_SECONDS = 30;
/** Share of all connections in use from which new ones will soon be refused. */
export const MANY_CONNECTIONS = 0.9;
/** Counters of a server are read twice, so far apart: what happens now, and not since it was started. */
export const SAMPLE_MS = 1000;

/** One thing that a check saw. */
export interface Seen {
  /** What was looked at, where a check looks at several things: `locks`. */
  aspect?: string | undefined;
  /** Null where this could not be looked at, and the statement says why. */
  failed: boolean | null;
  /** One sentence with the number that decided, without its full stop. */
  statement: string;
  /** Which kind of fault a failure speaks for; null when it only says that something is wrong. */
  speaksFor: FaultKind | null;
}

export interface ProbeContext {
  guard: Guard;
  /** Aborted when the check's own time is over, or the work is cancelled. */
  signal: AbortSignal;
  /** What the check may take. */
  timeoutMs: number;
}

export type CheckOf<Type extends CheckConfig['type']> = Extract<CheckConfig, { type: Type }>;

/** Looks once, reads only. A `CannotCheck` says why it could not look; anything else that is thrown, what failed. */
export type Probe<Type extends CheckConfig['type']> = (
  check: CheckOf<Type>,
  context: ProbeContext,
) => Promise<Seen[]>;

/** Host and port of `host:port`. */
export function hostAndPort(target: string): [host: string, port: number] {
  const colon = target.lastIndexOf(':');
  return [target.slice(0, colon), Number(target.slice(colon + 1))];
}

/** What a database says of the statement that has run the longest; undefined when none runs. */
export function longestStatement(longest: { seconds: number; statement: string } | undefined): Seen {
  const statement = longest
    ? `the longest statement has run for ${quantity(longest.seconds, 's')}: ${longest.statement}`
    : 'no statement runs';
  const failed = (longest?.seconds ?? 0) >= LONG_STATEMENT_SECONDS;
  return { aspect: 'statements', failed, statement, speaksFor: null };
}
