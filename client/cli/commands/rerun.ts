import type { Command } from 'commander';
import {
  byOption,
  incidentArgument,
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';

export function registerRerun(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('rerun'))
    .description('diagnose an open incident again now')
    .addArgument(incidentArgument())
    .addOption(byOption(deps))
    .action((incident: string, options: CommonOptions & { by: string }) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.rerun(incident, { by: options.by });
        answer({
          value: record,
          text: () => `${record.id}: the diagnosis runs again; \`faultline follow\` shows its progress`,
        });
      }),
    );
}
