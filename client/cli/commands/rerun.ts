import type { Command } from 'commander';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';

export function registerRerun(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('rerun'))
    .description('investigate an open incident again now')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .option('--by <who>', 'who', deps.user)
    .action((id: string, options: CommonOptions & { by: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.rerun(id, { by: options.by });
        answer(record, () => `${record.id}: rerun requested; \`faultline watch\` follows it`);
      }),
    );
}
