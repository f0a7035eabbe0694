import type { Command } from 'commander';
import { withConfigOption, type CliDependencies } from '../../client/cli/context.js';
import { withDevOptions, withMetricsPort, type DevOptions, type PortOptions } from './process-options.js';

/** Options of every command that is a process of its own. */
export interface ProcessOptions {
  config?: string;
}

/** Which part of the work a worker takes. */
export interface ZoneOption {
  zone?: string;
}

/** Adds the commands that are processes of their own: dev, worker, webhook. They run until they are asked to end. */
export function buildProcessCommands(program: Command, deps: CliDependencies): void {
  withDevOptions(withConfigOption(program.command('dev')))
    .description('run everything here: a Temporal server, a worker and the webhook receiver')
    .action(async (options: ProcessOptions & DevOptions) =>
      (await import('./run-processes.js')).runDev(options, deps),
    );
  withMetricsPort(withConfigOption(program.command('worker')))
    .description('run a worker, which diagnoses incidents')
    .option('--zone <name>', 'run the checks of this zone, and nothing else')
    .action(async (options: ProcessOptions & PortOptions & ZoneOption) =>
      (await import('./run-processes.js')).runWorker(options, deps),
    );
  withConfigOption(program.command('webhook'))
    .description('run the webhook receiver, which takes alerts')
    .action(async (options: ProcessOptions) =>
      (await import('./run-processes.js')).runWebhook(options, deps),
    );
}
