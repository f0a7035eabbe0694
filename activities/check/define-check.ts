import type { FAULT_KINDS } from '../../model/choices.js';

/*
 * What the package exports: the form of a check of one's own. It imports no code, since it is loaded by the child
 * process that runs the check.
 */

/** What a check is asked for. */
export interface CheckContext {
  /** The suspect, as Faultline names it. */
  service: string;
  /** What `needs` names, from the configuration. */
  settings: Readonly<Record<string, string>>;
  /** What is left of the check's time, milliseconds. */
  timeoutMs: number;
  /** Aborted when that is over. */
  signal: AbortSignal;
}

/** One look at a suspect. It only reads. */
export interface Check<Answer = unknown> {
  /** Name in summaries, at most 60 characters: `queue-depth`. */
  id: string;
  /** The services that it looks at. */
  service: string | readonly string[];
  /** Kind of fault that a failure speaks for. @default none: it only says that something is wrong */
  speaksFor?: (typeof FAULT_KINDS)[number];
  /** Names of the settings that it cannot do without. @default none */
  needs?: readonly string[];
  /** What one look may take. @minimum above 0 @maximum 30 @default 5 */
  timeoutSeconds?: number;
  /** Looks, and answers what it saw. What it throws makes it a check that could not run. */
  ask(context: CheckContext): Answer | Promise<Answer>;
  /** Whether what was seen is trouble. */
  isTrouble(answer: Answer): boolean;
  /** One sentence with the number that decided, at most 500 characters: `12,000 messages wait`. */
  statement(answer: Answer): string;
}

/** Gives a check its types; it changes nothing. A module exports one as its default, or an array of them. */
export function defineCheck<Answer>(check: Check<Answer>): Check<Answer> {
  return check;
}
