import { CommanderError } from 'commander';
import { ConfigError } from '../../config/config-error.js';
import {
  AmbiguousId,
  BadInput,
  ClientError,
  IncidentNotFound,
  NoWorker,
  Refused,
  TemporalUnavailable,
} from '../errors.js';
import { systemErrorWords } from './system-errors.js';

/** What the program ends with; docs/cli.md and every `--help` list them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  temporalUnavailable: 4,
  noWorker: 5,
  refused: 6,
  belowRequired: 10,
  guardFailed: 11,
  guardCannotTell: 12,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `
Exit codes:
   0  done
   1  failed for another reason
   2  bad input: an option, an argument, the configuration, an ambiguous id, an unknown service
   3  no such incident
   4  Temporal does not answer
   5  Temporal answers, but no worker does
   6  the incident cannot take this: it is closed, or its rules forbid it
  10  --require: the diagnosis is below the required level, or there is none
  11  guard: the rollout does harm
  12  guard: whether it does harm cannot be told`;

/** Ends the program with a code although nothing went wrong: the answer itself is the bad news. */
export class ExitWith extends Error {
  constructor(readonly exitCode: ExitCode) {
    super(`exit ${exitCode}`);
    this.name = 'ExitWith';
  }
}

/** An error as the program reports it. */
export interface ReportedError {
  /** Stable name for scripts. */
  code: string;
  message: string;
  exitCode: number;
}

/** Any error in the words, and with the exit code, that docs/cli.md promises. */
export function reportedError(error: unknown): ReportedError {
  const message = systemErrorWords(error) ?? (error instanceof Error ? error.message : String(error));
  if (error instanceof CommanderError) {
    return { code: 'usage', message: message.replace(/^error: /, ''), exitCode: EXIT.usage };
  }
  if (error instanceof ConfigError) return { code: 'bad-configuration', message, exitCode: EXIT.usage };
  if (error instanceof ClientError) return { code: error.code, message, exitCode: exitCodeOf(error) };
  return { code: 'failure', message, exitCode: EXIT.failure };
}

function exitCodeOf(error: ClientError): ExitCode {
  if (error instanceof BadInput || error instanceof AmbiguousId) return EXIT.usage;
  if (error instanceof IncidentNotFound) return EXIT.notFound;
  if (error instanceof TemporalUnavailable) return EXIT.temporalUnavailable;
  if (error instanceof NoWorker) return EXIT.noWorker;
  if (error instanceof Refused) return EXIT.refused;
  return EXIT.failure;
}
