import { Argument, Option, type Command } from 'commander';
import { FAULT_KINDS } from '../../../model/choices.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import { BadInput } from '../../errors.js';
import {
  byOption,
  incidentArgument,
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';

interface FeedbackOptions extends CommonOptions {
  service?: string;
  kind?: FaultKind;
  note: string;
  by: string;
}

export function registerFeedback(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('feedback'))
    .description('record whether a diagnosis named the root cause')
    .addArgument(incidentArgument())
    .addArgument(new Argument('<feedback>', 'right or wrong').choices(['right', 'wrong']))
    .option('--service <name>', 'with wrong: the service where it began')
    .addOption(new Option('--kind <kind>', 'with wrong: the kind of fault').choices(FAULT_KINDS))
    .option('--note <text>', 'anything else, for the record', '')
    .addOption(byOption(deps))
    .action((incident: string, feedback: 'right' | 'wrong', options: FeedbackOptions) => {
      const correct = feedback === 'right';
      if (correct && (options.service !== undefined || options.kind !== undefined)) {
        throw new BadInput('--service and --kind correct a diagnosis: use them with "wrong"');
      }
      return inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.giveFeedback(incident, {
          correct,
          service: options.service ?? null,
          faultKind: options.kind ?? null,
          note: options.note,
          by: options.by,
        });
        answer({ value: record, text: () => `${record.id}: recorded, the diagnosis was ${feedback}` });
      });
    });
}
