import type { Command } from 'commander';
import {
  byOption,
  incidentArgument,
  inSession,
  requiredOption,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';
import { plain } from '../output.js';

/** `merge` and `split`: which alerts belong together, corrected by a person. */
export function registerRegroup(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('merge'))
    .description('merge an open incident into another')
    .addArgument(incidentArgument('incident that ends: its id, or the beginning or end of it'))
    .argument('<into>', 'incident that takes its alerts')
    .addOption(byOption(deps))
    .action((incident: string, into: string, options: CommonOptions & { by: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const moved = await incidents.merge(incident, into, { by: options.by });
        answer({
          value: moved,
          text: () => `${moved.from}: merged into ${moved.to}`,
          quiet: () => moved.to,
        });
      }),
    );
  withCommonOptions(program.command('split'))
    .description('move the alerts of one service to an incident of their own')
    .addArgument(incidentArgument())
    .addOption(requiredOption('--service <name>', 'service whose alerts are moved'))
    .addOption(byOption(deps))
    .action((incident: string, options: CommonOptions & { by: string; service: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const { service, by } = options;
        const moved = await incidents.split(incident, { service, by });
        answer({
          value: moved,
          text: () => `${moved.from}: the alerts of ${plain(service)} are now in ${moved.to}`,
          quiet: () => moved.to,
        });
      }),
    );
}
