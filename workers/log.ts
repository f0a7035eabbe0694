import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { redact } from '../config/redact.js';

/**
 * The log of a process, to standard error: readable lines on a terminal, JSON elsewhere. `secrets` (values from the
 * configuration) never appear in it.
 */
export function createLog(options: { level: string; secrets?: string[] }): Logger {
  const stream = process.stderr.isTTY
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
