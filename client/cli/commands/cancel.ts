import type { Command } from 'commander';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';

export function registerCancel(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('cancel'))
    .description('stop looking at an incident and close it')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .option('--reason <text>', 'why, for the record', '')
    .option('--by <who>', 'who', deps.user)
    .action((id: string, options: CommonOptions & { by: string; reason: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.cancel(id, { by: options.by, reason: options.reason });
        answer(record, () => `${record.id}: cancelled`);
      }),
    );
}
