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

/** Of the process, not of this module: mocha may load it a second time, as CommonJS. */
const INSTALLED = Symbol.for('faultline.sdk-log.installed');

/** Sends what the Temporal SDK and its core say to the process's log. The first call of a process decides. */
export function logSdkTo(log: Logger): void {
  if (Reflect.has(globalThis, INSTALLED)) return;
  Reflect.set(globalThis, INSTALLED, true);
  Runtime.install({
    logger: new DefaultLogger('DEBUG', ({ level, message, meta }) => {
      log[LEVELS[level]](readable(meta), message);
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
    },
  });
}

/** What tells people something: of an error its words, and not the token by which the server knows a task. */
function readable(meta: LogMetadata = {}): LogMetadata {
  const { error } = meta;
  const said = error instanceof Error ? { error: error.message } : {};
  return { ...meta, ...said, taskToken: undefined };
}
