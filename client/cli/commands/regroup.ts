import type { Command } from 'commander';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';

/** `merge` and `split`: what belongs together, by a person who knows better. */
export function registerRegroup(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('merge'))
    .description('make two open incidents one')
    .argument('<id>', 'id of the incident that ends, or a beginning or end of it')
    .argument('<into>', 'id of the incident that takes its alerts')
    .option('--by <who>', 'who', deps.user)
    .action((id: string, into: string, options: CommonOptions & { by: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const moved = await incidents.merge(id, into, { by: options.by });
        answer(moved, () => `${moved.from}: merged into ${moved.to}`);
      }),
    );
  withCommonOptions(program.command('split'))
    .description('give the alerts of one service an incident of their own')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .requiredOption('--service <name>', 'whose alerts are no part of it')
    .option('--by <who>', 'who', deps.user)
    .action((id: string, options: CommonOptions & { by: string; service: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const moved = await incidents.split(id, { service: options.service, by: options.by });
        answer(moved, () => `${moved.from}: ${options.service} has its own incident now, ${moved.to}`);
      }),
    );
}
