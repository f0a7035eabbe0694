import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

/**
 * The log of a process, to standard error: readable lines on a terminal, JSON elsewhere. `secrets` (values from the
 * configuration) never appear in it.
 */
export function createLog(options: { level: string; secrets?: string[] }): Logger {
  const stream = process.stderr.isTTY
    ? pretty({ destination: 2, ignore: 'pid,hostname' })
    : pino.destination(2);
  const secrets = (options.secrets ?? []).filter((secret) => secret.length > 0);
  return pino(
    {
      level: options.level,
      hooks: {
        streamWrite: (line) => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line),
      },
    },
    stream,
  );
}
