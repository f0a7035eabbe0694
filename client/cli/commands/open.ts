import { Option, type Command } from 'commander';
import type { IncidentRecord } from '../../../model/incident.js';
import { Refused } from '../../errors.js';
import {
  incidentArgument,
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';
import { isDrawable, plain } from '../output.js';

interface OpenOptions extends CommonOptions {
  page: 'report' | 'run';
  print?: true;
}

/** Titles that a record gives to the addresses of its report and of its run in the Temporal UI. */
const TITLES: Record<OpenOptions['page'], RegExp> = { report: /report/i, run: /temporal|workflow|run/i };

export function registerOpen(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('open'))
    .description('print the addresses of an incident and open one in the browser')
    .addArgument(incidentArgument())
    .addOption(
      new Option('--page <page>', 'which page to open: the run in the Temporal UI, or the report')
        .choices(['run', 'report'])
        .default('run'),
    )
    .option('--print', 'print the addresses only')
    .action((incident: string, options: OpenOptions) =>
      inSession(deps, options, async ({ incidents, answer }) => {
        const { id, links } = await incidents.show(incident);
        answer({
          value: { id, links },
          text: () => (links.length === 0 ? `${id} has no addresses.` : links.map(lineOf).join('\n')),
          quiet: () => links.map(({ url }) => plain(url)).join('\n'),
        });
        const isForPerson = !options.print && !options.json && isDrawable(deps.stdout);
        if (isForPerson) await deps.browse(addressOf(id, links, options.page));
      }),
    );
}

function lineOf({ title, url }: IncidentRecord['links'][number]): string {
  return `${plain(title).padEnd(13)} ${plain(url)}`;
}

function addressOf(id: string, links: IncidentRecord['links'], page: OpenOptions['page']): string {
  const found = links.find(({ title, url }) => TITLES[page].test(title) && /^(https?|file):/.test(url));
  if (found) return found.url;
  const setting = page === 'run' ? 'temporal.uiUrl' : 'store.reportsUrl';
  throw new Refused(`${id} has no address of its ${page}: set ${setting} in the worker's configuration`);
}
