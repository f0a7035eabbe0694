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
  // The SDK reports each of its own steps at this level; Faultline's information is what happens to incidents.
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * Sets up the Temporal SDK's runtime, which a process has once: its log goes to `log`, and with `metricsAddress`
 * (host:port) it serves its own metrics there for Prometheus. Only the first call of a process has an effect.
 */
export function installRuntime(log: Logger, metricsAddress?: string): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('DEBUG', ({ level, message, meta }) => {
        log[LEVELS[level]](readable(meta), message);
      }),
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
        ...(metricsAddress !== undefined && { metrics: { prometheus: { bindAddress: metricsAddress } } }),
      },
    });
  } catch (error) {
    // It is installed already.
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

/** Of an error its message, and not the token by which the server identifies a task. */
function readable(meta: LogMetadata = {}): LogMetadata {
  const { error } = meta;
  const message = error instanceof Error ? { error: error.message } : {};
  return { ...meta, ...message, taskToken: undefined };
}
