import { Argument, Option, type Command } from 'commander';
import { FAULT_KINDS, FEEDBACK_GRADES, GRADE_WORDS } from '../../../model/choices.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import type { FeedbackGrade } from '../../../model/incident.js';
import { BadInput } from '../../errors.js';
import type { Incidents } from '../../incidents.js';
import {
  byOption,
  incidentArgument,
  inSession,
  requiredOption,
  withCommonOptions,
  type Answer,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';
import { plain } from '../output.js';

type By = CommonOptions & { by: string };

/** A command by which a person acts on an incident. */
interface Act<Options> {
  name: string;
  description: string;
  /** @default the incident, by any part of its id */
  incident?: Argument;
  /** Another argument behind the incident. */
  argument?: Argument;
  options?: Option[];
  /** Does it, and tells what came of it. `argument` is empty where the command has none. */
  act(incidents: Incidents, incident: string, options: Options, argument: string): Promise<Answer>;
}

function register<Options extends By>(program: Command, deps: CliDependencies, act: Act<Options>): void {
  const command = withCommonOptions(program.command(act.name))
    .description(act.description)
    .addArgument(act.incident ?? incidentArgument());
  if (act.argument) command.addArgument(act.argument);
  for (const option of [...(act.options ?? []), byOption(deps)]) command.addOption(option);
  command.action((incident: string, ...rest: unknown[]) => {
    const argument = act.argument ? (rest.shift() as string) : '';
    const options = rest[0] as Options;
    return inSession(deps, options, async ({ incidents, answer }) => {
      answer(await act.act(incidents, incident, options, argument));
    });
  });
}

/** The commands by which people steer an incident, correct its diagnosis, and say which alerts belong together. */
export function registerActs(program: Command, deps: CliDependencies): void {
  register(program, deps, {
    name: 'ack',
    description: 'acknowledge an incident',
    act: async (incidents, incident, { by }) => {
      const record = await incidents.acknowledge(incident, { by });
      const known = plain(record.acknowledged?.by ?? by);
      return { value: record, text: () => `${record.id}: acknowledged by ${known}` };
    },
  });
  registerFeedback(program, deps);
  register(program, deps, {
    name: 'rerun',
    description: 'diagnose an open incident again now',
    act: async (incidents, incident, { by }) => {
      const record = await incidents.rerun(incident, { by });
      const said = `${record.id}: the diagnosis runs again; \`faultline follow\` shows its progress`;
      return { value: record, text: () => said };
    },
  });
  register<By & { reason: string }>(program, deps, {
    name: 'cancel',
    description: 'stop the diagnosis of an incident and close it',
    incident: incidentArgument('whole id of the incident'),
    options: [new Option('--reason <text>', 'why, for the record').default('')],
    act: async (incidents, incident, { by, reason }) => {
      const record = await incidents.cancel(incident, { by, reason });
      return { value: record, text: () => `${record.id}: cancelled` };
    },
  });
  register(program, deps, {
    name: 'merge',
    description: 'merge an open incident into another',
    incident: incidentArgument('incident that ends: its id, or the beginning or end of it'),
    argument: new Argument('<into>', 'incident that takes its alerts'),
    act: async (incidents, incident, { by }, into) => {
      const moved = await incidents.merge(incident, into, { by });
      return { value: moved, text: () => `${moved.from}: merged into ${moved.to}`, quiet: () => moved.to };
    },
  });
  register<By & { service: string }>(program, deps, {
    name: 'split',
    description: 'move the alerts of one service to an incident of their own',
    options: [requiredOption('--service <name>', 'service whose alerts are moved')],
    act: async (incidents, incident, { by, service }) => {
      const moved = await incidents.split(incident, { service, by });
      const said = `${moved.from}: the alerts of ${plain(service)} are now in ${moved.to}`;
      return { value: moved, text: () => said, quiet: () => moved.to };
    },
  });
}

function registerFeedback(program: Command, deps: CliDependencies): void {
  register<By & { service?: string; kind?: FaultKind; note: string }>(program, deps, {
    name: 'feedback',
    description:
      'judge a diagnosis: right; right-area, near enough to find the cause; wrong; ' +
      'misleading, to follow it makes things worse',
    argument: new Argument('<grade>', 'how good it was').choices(FEEDBACK_GRADES),
    options: [
      new Option('--service <name>', 'unless it was right: the service where it began'),
      new Option('--kind <kind>', 'unless it was right: the kind of fault').choices(FAULT_KINDS),
      new Option('--note <text>', 'anything else, for the record').default(''),
    ],
    act: async (incidents, incident, { service = null, kind = null, note, by }, feedback) => {
      const grade = feedback as FeedbackGrade;
      if (grade === 'right' && (service !== null || kind !== null)) {
        throw new BadInput('--service and --kind correct a diagnosis: do not use them with "right"');
      }
      const given = { grade, service, faultKind: kind, note, by };
      const record = await incidents.giveFeedback(incident, given);
      return { value: record, text: () => `${record.id}: recorded, the diagnosis was ${GRADE_WORDS[grade]}` };
    },
  });
}
