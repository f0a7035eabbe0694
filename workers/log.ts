import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { redact } from '../config/redact.js';

export interface LogOptions {
  level: string;
  /** Never shown. */
  secrets?: string[];
  /** Lines for people instead of JSON. @default whether standard error is a terminal */
  readable?: boolean;
}

/**
 * The log of a process, to standard error: readable lines on a terminal, JSON elsewhere. `secrets` (values from the
 * configuration) never appear in it.
 */
export function createLog(options: LogOptions): Logger {
  const stream =
    (options.readable ?? process.stderr.isTTY)
      ? pretty({ destination: 2, ignore: 'pid,hostname' })
      : pino.destination(2);
  const { level, secrets = [] } = options;
  return pino(
    {
      level,
      hooks: { streamWrite: (line) => redact(line, secrets) },
    },
    stream,
  );
}
