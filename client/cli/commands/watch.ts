import { Option, type Command } from 'commander';
import type { IncidentRecord } from '../../../model/incident.js';
import {
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
  type Session,
} from '../context.js';
import { EXIT, ExitWith } from '../exit-codes.js';
import { progressView, silentView } from '../progress-view.js';
import { textOf } from '../record-text.js';

export type RequiredLevel = 'suspected' | 'confirmed';

/** `--require`, for scripts that go on only with a conclusion. */
export function requireOption(): Option {
  return new Option('--require <level>', 'end with code 10 when the diagnosis is less sure').choices([
    'suspected',
    'confirmed',
  ] satisfies RequiredLevel[]);
}

export function registerWatch(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('watch'))
    .description('follow a diagnosis until its summary is out, then print it')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .addOption(requireOption())
    .action((id: string, options: CommonOptions & { require?: RequiredLevel }) =>
      inSession(deps, options, (session) => follow(id, session, options.require)),
    );
}

/** Shows the progress of an incident, then its summary. */
export async function follow(id: string, session: Session, required?: RequiredLevel): Promise<void> {
  const { incidents, deps, colors, json } = session;
  const view = json ? silentView : progressView(deps.stdout, { colors, now: () => deps.now() });
  try {
    const everyMilliseconds = deps.watchEveryMilliseconds;
    for await (const progress of incidents.watch(id, { everyMilliseconds })) view.show(progress);
  } finally {
    view.end();
  }
  const record = await incidents.show(id);
  session.answer(record, () => `\n${textOf(record, session)}`);
  if (required !== undefined && !isAsSureAs(record, required)) throw new ExitWith(EXIT.belowRequired);
}

function isAsSureAs({ diagnosis }: IncidentRecord, required: RequiredLevel): boolean {
  const level = diagnosis?.verdict.level;
  return level === 'confirmed' || (level === 'suspected' && required === 'suspected');
}
