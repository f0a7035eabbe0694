import type { Command } from 'commander';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';
import { plain } from '../output.js';

export function registerAck(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('ack'))
    .description('say that somebody is on it')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .option('--by <who>', 'who', deps.user)
    .action((id: string, options: CommonOptions & { by: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.acknowledge(id, { by: options.by });
        const by = record.acknowledged?.by ?? options.by;
        answer(record, () => `${record.id}: acknowledged by ${plain(by)}`);
      }),
    );
}
