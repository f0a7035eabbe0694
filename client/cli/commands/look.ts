import type { Command } from 'commander';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';

export function registerLook(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('look'))
    .description('look at an open incident again now, instead of when its timer is due')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .option('--by <who>', 'who', deps.user)
    .action((id: string, options: CommonOptions & { by: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.lookAgain(id, { by: options.by });
        answer(record, () => `${record.id}: looking again; \`faultline watch\` follows it`);
      }),
    );
}
