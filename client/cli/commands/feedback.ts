import { Argument, Option, type Command } from 'commander';
import { faultKind, type FaultKind } from '../../../model/diagnosis.js';
import { BadInput } from '../../errors.js';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';

interface FeedbackOptions extends CommonOptions {
  service?: string;
  faultKind?: FaultKind;
  note: string;
  by: string;
}

export function registerFeedback(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('feedback'))
    .description('say whether the diagnosis named the root cause, and what it really was')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .addArgument(new Argument('<feedback>', 'whether it was right').choices(['right', 'wrong']))
    .option('--service <name>', 'with wrong: where it really began')
    .addOption(new Option('--fault-kind <kind>', 'with wrong: what it really was').choices(faultKind.options))
    .option('--note <text>', 'anything else', '')
    .option('--by <who>', 'who', deps.user)
    .action((id: string, feedback: 'right' | 'wrong', options: FeedbackOptions) => {
      const correct = feedback === 'right';
      if (correct && (options.service !== undefined || options.faultKind !== undefined)) {
        throw new BadInput('--service and --fault-kind correct a diagnosis: give them with "wrong"');
      }
      return inSession(deps, options, async ({ incidents, answer }) => {
        const record = await incidents.giveFeedback(id, {
          correct,
          service: options.service ?? null,
          faultKind: options.faultKind ?? null,
          note: options.note,
          by: options.by,
        });
        answer(record, () => `${record.id}: noted that the diagnosis is ${feedback}`);
      });
    });
}
