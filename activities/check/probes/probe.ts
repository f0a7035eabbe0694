import type { CheckConfig } from '../../../config/checks.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import type { Guard } from './guard.js';

/** One thing that a check saw. */
export interface Seen {
  /** What was looked at, where a check looks at several things: `locks`. */
  aspect?: string | undefined;
  failed: boolean;
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

/** Looks once, reads only. A `CannotCheck` says why it could not look; anything else that is thrown, what failed. */
export type Probe<Type extends CheckConfig['type']> = (
  check: Extract<CheckConfig, { type: Type }>,
  context: ProbeContext,
) => Promise<Seen[]>;

/** Host and port of `host:port`. */
export function hostAndPort(target: string): [host: string, port: number] {
  const colon = target.lastIndexOf(':');
  return [target.slice(0, colon), Number(target.slice(colon + 1))];
}
