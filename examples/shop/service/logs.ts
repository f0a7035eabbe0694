import { pino, type Logger } from 'pino';
import type { Launch } from '../protocol.js';

/**
 * What a service has to say, as lines of JSON in the file that all services share. Each line is written at once and
 * whole: what a process said before it crashed is there.
 */
export function startLogs({ service, logFile }: Launch): Logger {
  return pino(
    {
      base: { service },
      messageKey: 'message',
      formatters: { level: (level) => ({ level }) },
    },
    pino.destination({ dest: logFile, append: true, sync: true }),
  );
}
