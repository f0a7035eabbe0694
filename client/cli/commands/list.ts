import { InvalidArgumentError, Option, type Command } from 'commander';
import { SEVERITIES } from '../../../model/choices.js';
import type { IncidentFilters, IncidentRow } from '../../incident-list.js';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';
import { plain, tableWidth, type Colors } from '../output.js';
import { readOptionalMoment } from '../times.js';

const DEFAULT_LIMIT = 20;
/** Temporal answers so many in one page. */
const MAX_LIMIT = 1_000;

/** What `--state` takes. `open` is all that is not closed, `investigating` what has no diagnosis yet. */
export const LISTED_STATES = [
  'open',
  'investigating',
  'closed',
  'resolved',
  'expired',
  'cancelled',
  'merged',
] as const;

type ListOptions = CommonOptions & Omit<IncidentFilters, 'since'> & { limit: number; since?: string };

export function registerList(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('list'))
    .description('list incidents, newest first')
    .option('--service <name...>', 'service that shows the symptom')
    .addOption(new Option('--state <state...>', 'state of the incident').choices(LISTED_STATES))
    .option('--root-cause <service...>', 'service named as the root cause')
    .addOption(new Option('--severity <level...>', 'severity of the incident').choices(SEVERITIES))
    .option('--environment <name...>', 'environment of the incident')
    .option('--since <time>', 'opened since this time: 2h, yesterday, 2026-11-24')
    .option('--limit <number>', `most incidents to list, up to ${MAX_LIMIT}`, readLimit, DEFAULT_LIMIT)
    .addHelpText('after', '\nSeveral values of one filter mean any of them; several filters mean all.')
    .action(async (options: ListOptions) => {
      const since = await readOptionalMoment('--since', options.since, deps.now());
      await inSession(deps, options, async ({ incidents, answer, colors }) => {
        const { service, state, rootCause, severity, environment, limit } = options;
        const filters = { service, state, rootCause, severity, environment, since };
        const [list, { plainTable }, { age }] = await Promise.all([
          incidents.list(filters, { limit }),
          import('../table.js'),
          import('../age.js'),
        ]);
        const width = tableWidth(deps.stdout);
        const rows = [
          HEAD,
          ...list.incidents.map((row) => cellsOf(row, age(row.openedAt, deps.now()), colors)),
        ];
        const more = list.more ? [`There are more than ${limit}; use --limit.`] : [];
        answer({
          value: list,
          text: () =>
            list.incidents.length === 0
              ? 'No incidents.'
              : [plainTable(rows, { colors, width }), ...more].join('\n'),
          quiet: () => list.incidents.map(({ id }) => plain(id)).join('\n'),
        });
      });
    });
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return limit;
}

const HEAD = ['INCIDENT', 'OPENED', 'STATE', 'SEVERITY', 'ROOT CAUSE', 'CONFIDENCE', 'FEEDBACK', 'TITLE'];

function cellsOf(row: IncidentRow, opened: string, colors: Colors): string[] {
  const { severity, rootCause, faultKind, feedback } = row;
  const cause = rootCause === null ? '-' : `${rootCause}${faultKind ? ` (${faultKind})` : ''}`;
  return [
    plain(row.id),
    opened,
    stateOf(row),
    severity === 'critical' ? colors.red(severity) : plain(severity ?? '-'),
    plain(cause),
    confidenceOf(row),
    // The root cause beside it is then the one that a person named.
    feedback !== null && feedback !== 'right' && rootCause !== null ? 'corrected' : plain(feedback ?? '-'),
    plain(row.title ?? '-'),
  ];
}

function stateOf({ state, open }: IncidentRow): string {
  if (state === null) return open ? 'investigating' : 'closed';
  return state === 'following' ? 'open' : plain(state);
}

function confidenceOf({ verdict, confidence }: IncidentRow): string {
  if (verdict === null) return '-';
  return `${plain(verdict)}${confidence === null ? '' : ` ${Math.round(confidence * 100)} %`}`;
}
