import Table from 'cli-table3';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { severity } from '../../../model/anomaly.js';
import { incidentState } from '../../../model/incident.js';
import type { IncidentFilters, IncidentRow } from '../../incident-list.js';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';
import { plain, utc, type Colors } from '../output.js';
import { readMoment } from '../times.js';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000;

type ListOptions = CommonOptions & IncidentFilters & { limit: number };

export function registerList(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('list'))
    .description('list incidents, newest first; several values of one filter mean any of them')
    .option('--service <name...>', 'service whose symptom it is')
    .addOption(
      new Option('--state <state...>', 'where it stands').choices([
        'open',
        'closed',
        ...incidentState.options,
      ]),
    )
    .option('--root-cause <service...>', 'service that was named as the cause')
    .addOption(new Option('--severity <level...>', 'how bad it is').choices(severity.options))
    .option('--environment <name...>', 'where it happens')
    .option('--since <time>', 'opened since: 2h, yesterday, 2026-11-24', (text) =>
      readMoment(text, deps.now()),
    )
    .option('--limit <number>', `how many at most, up to ${MAX_LIMIT}`, readLimit, DEFAULT_LIMIT)
    .action((options: ListOptions) =>
      inSession(deps, options, async ({ incidents, answer, colors }) => {
        const list = await incidents.list(options, { limit: options.limit });
        answer(list, () => {
          if (list.incidents.length === 0) return 'No incidents.';
          const more = list.more ? [`There are more; --limit shows more than ${options.limit}.`] : [];
          return [tableOf(list.incidents, colors), ...more].join('\n');
        });
      }),
    );
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return limit;
}

/** One line for each incident, in columns without borders, so that it can be searched and cut. */
function tableOf(rows: IncidentRow[], colors: Colors): string {
  const none = '';
  const table = new Table({
    head: ['INCIDENT', 'OPENED (UTC)', 'STATE', 'SEVERITY', 'ROOT CAUSE', 'VERDICT'].map(colors.bold),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      ...{ top: none, 'top-mid': none, 'top-left': none, 'top-right': none },
      ...{ bottom: none, 'bottom-mid': none, 'bottom-left': none, 'bottom-right': none },
      ...{ left: none, 'left-mid': none, mid: none, 'mid-mid': none },
      ...{ right: none, 'right-mid': none, middle: none },
    },
  });
  table.push(...rows.map((row) => cellsOf(row, colors)));
  return table.toString().replace(/ +$/gm, '');
}

function cellsOf(row: IncidentRow, colors: Colors): string[] {
  const cause =
    row.rootCause === null ? '-' : `${row.rootCause}${row.faultKind ? ` (${row.faultKind})` : ''}`;
  const sure = row.confidence === null ? '' : ` ${Math.round(row.confidence * 100)} %`;
  const severityText = row.severity ?? '-';
  return [
    plain(row.id),
    utc(row.openedAt),
    plain(row.state ?? '-'),
    severityText === 'critical' ? colors.red(severityText) : plain(severityText),
    plain(cause),
    row.verdict === null ? '-' : `${plain(row.verdict)}${sure}`,
  ];
}
