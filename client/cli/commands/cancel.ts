import type { Command } from 'commander';
import {
  byOption,
  incidentArgument,
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';

export function registerCancel(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('cancel'))
    .description('stop the diagnosis of an incident and close it')
    .addArgument(incidentArgument('whole id of the incident'))
    .option('--reason <text>', 'why, for the record', '')
    .addOption(byOption(deps))
    .action((incident: string, options: CommonOptions & { by: string; reason: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.cancel(incident, { by: options.by, reason: options.reason });
        answer({ value: record, text: () => `${record.id}: cancelled` });
      }),
    );
}
