import { Option, type Command } from 'commander';
import type { IncidentRecord } from '../../../model/incident.js';
import {
  incidentArgument,
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
  type Session,
} from '../context.js';
import { EXIT, ExitWith } from '../exit-codes.js';
import { fullOption, textOf } from '../record-text.js';

export type RequiredLevel = 'suspected' | 'confirmed';

export interface FollowOptions {
  full?: true;
  require?: RequiredLevel;
}

/** `--require`, for scripts that go on only with a conclusion. */
export function requireOption(): Option {
  return new Option('--require <level>', 'exit with 10 if the diagnosis is below this level').choices([
    'suspected',
    'confirmed',
  ] satisfies RequiredLevel[]);
}

export function registerFollow(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('follow'))
    .description('show the progress of a diagnosis, then its summary')
    .addArgument(incidentArgument())
    .addOption(fullOption())
    .addOption(requireOption())
    .action((incident: string, options: CommonOptions & FollowOptions) =>
      inSession(deps, options, (session) => follow(incident, session, options)),
    );
}

/** Shows the progress of an incident, then its summary. */
export async function follow(
  incident: string,
  session: Session,
  { full, require }: FollowOptions,
): Promise<void> {
  const { incidents, deps, colors, options } = session;
  const { progressView, silentView } = await import('../progress-view.js');
  const isSilent = options.json ?? options.quiet ?? false;
  const view = isSilent ? silentView : progressView(deps.stdout, { colors, now: () => deps.now() });
  try {
    const everyMilliseconds = deps.followEveryMilliseconds;
    for await (const progress of incidents.watch(incident, { everyMilliseconds })) view.show(progress);
  } finally {
    view.end();
  }
  const record = await incidents.show(incident);
  const text = options.json ? '' : await textOf(record, session, full ?? false);
  session.answer({ value: record, text: () => `\n${text}`, quiet: () => text });
  if (require !== undefined && !isAsSureAs(record, require)) throw new ExitWith(EXIT.belowRequired);
}

function isAsSureAs({ diagnosis }: IncidentRecord, required: RequiredLevel): boolean {
  const level = diagnosis?.verdict.level;
  return level === 'confirmed' || (level === 'suspected' && required === 'suspected');
}
