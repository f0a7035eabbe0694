import type { Command } from 'commander';
import {
  byOption,
  incidentArgument,
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';
import { plain } from '../output.js';

export function registerAck(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('ack'))
    .description('acknowledge an incident')
    .addArgument(incidentArgument())
    .addOption(byOption(deps))
    .action((incident: string, options: CommonOptions & { by: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.acknowledge(incident, { by: options.by });
        const by = record.acknowledged?.by ?? options.by;
        answer({ value: record, text: () => `${record.id}: acknowledged by ${plain(by)}` });
      }),
    );
}
