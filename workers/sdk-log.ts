import { IllegalStateError } from '@temporalio/common';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  type LogLevel,
  type LogMetadata,
} from '@temporalio/worker';
import type { Logger } from 'pino';

const LEVELS: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  // The SDK tells each of its own steps at this level; Faultline's information is what happens to incidents.
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * Sends what the Temporal SDK and its core say to the process's log. The first call of a process decides, and whoever
 * has set up the SDK before.
 */
export function logSdkTo(log: Logger): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('DEBUG', ({ level, message, meta }) => {
        log[LEVELS[level]](readable(meta), message);
      }),
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

/** What tells people something: of an error its words, and not the token by which the server knows a task. */
function readable(meta: LogMetadata = {}): LogMetadata {
  const { error } = meta;
  const said = error instanceof Error ? { error: error.message } : {};
  return { ...meta, ...said, taskToken: undefined };
}
