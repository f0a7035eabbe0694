import type { Command } from 'commander';
import { withCommonOptions, type CliDependencies, type CommonOptions } from '../../client/cli/context.js';

export interface TestOptions extends CommonOptions {
  from?: string;
  to?: string;
  known?: string;
  incidents: boolean;
}

/** Adds `watches list` and `watches test`: the detectors of the configuration. */
export function buildWatchesCommand(program: Command, deps: CliDependencies): void {
  const watches = program
    .command('watches')
    .description('list the watches (detectors), or test one on the past');

  withCommonOptions(watches.command('list'))
    .description('list the watches of the configuration and their next run')
    .action(async (options: CommonOptions) =>
      (await import('./actions.js')).listConfiguredWatches(options, deps),
    );

  withCommonOptions(watches.command('test'))
    .description('run a watch on the past: when it would have fired, and how often it was right')
    .argument('<watch>', 'name of the watch')
    .option('--from <time>', 'start of the past (default: a day ago)')
    .option('--to <time>', 'end of the past (default: now)')
    .option(
      '--known <file>',
      'YAML or JSON list of known incidents to compare with: what, service, start, end',
    )
    .option('--no-incidents', 'do not compare with the incidents that Temporal holds')
    .action(async (watch: string, options: TestOptions) =>
      (await import('./actions.js')).testWatch(watch, options, deps),
    );
}
