import { InvalidArgumentError, type Command } from 'commander';
import type { LoadedConfig } from '../../config/load.js';

/*
 * Options of the commands that listen. This file is loaded at every start of the program: it imports nothing that
 * costs time.
 */

/** Ports of the command line; they win over the settings of the configuration. */
export interface PortOptions {
  temporalPort?: number;
  uiPort?: number;
  webhookPort?: number;
  metricsPort?: number;
}

/** Options of `faultline dev`, beside the configuration file. */
export interface DevOptions extends PortOptions {
  ephemeral?: true;
  temporalAddress?: string;
}

/** Adds the options of `faultline dev`. */
export function withDevOptions(command: Command): Command {
  return withMetricsPort(
    command
      .option('--ephemeral', 'delete runs at the end instead of keeping them in .faultline/temporal.db')
      .option(
        '--temporal-address <host:port>',
        'use the Temporal server that runs there instead of starting one (default: TEMPORAL_ADDRESS)',
      )
      .option('--temporal-port <port>', 'port of the Temporal server (dev.temporalPort)', readPort)
      .option('--ui-port <port>', 'port of the Temporal UI (dev.uiPort)', readPort)
      .option('--webhook-port <port>', 'port of the webhook receiver (webhook.port)', readPort),
  );
}

/** Adds the option for the port of a worker's health and metrics. */
export function withMetricsPort(command: Command): Command {
  return command.option(
    '--metrics-port <port>',
    "port of the worker's health and metrics (worker.port)",
    readPort,
  );
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535 || text.trim() === '') {
    throw new InvalidArgumentError('expected a port from 0 to 65535');
  }
  return port;
}

/** The configuration with the ports of the command line. */
export function withPorts(loaded: LoadedConfig, options: PortOptions): LoadedConfig {
  const { config } = loaded;
  const { temporalPort = config.dev.temporalPort, uiPort = config.dev.uiPort } = options;
  const { webhookPort = config.webhook.port, metricsPort = config.worker.port } = options;
  return {
    ...loaded,
    config: {
      ...config,
      dev: { ...config.dev, temporalPort, uiPort },
      webhook: { ...config.webhook, port: webhookPort },
      worker: { ...config.worker, port: metricsPort },
    },
  };
}

/** The variables that name a Temporal server which runs already; undefined when none is named. */
export function runningServer(
  { temporalAddress }: DevOptions,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv | undefined {
  if (temporalAddress !== undefined) return { ...env, TEMPORAL_ADDRESS: temporalAddress };
  const address = env['TEMPORAL_ADDRESS'];
  return address === undefined || address === '' ? undefined : env;
}
