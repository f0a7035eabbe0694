import { Option, type Command } from 'commander';
import {
  incidentArgument,
  inSession,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
  type Session,
} from '../context.js';
import { jsonDocument, writeOutput } from '../output.js';
import { fullOption, textOf } from '../record-text.js';
import type { IncidentRecord } from '../../../model/incident.js';

type Format = 'text' | 'md' | 'json' | 'html';

interface ShowOptions extends CommonOptions {
  format: Format;
  full?: true;
  output?: string;
}

export function registerShow(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('show'))
    .description('print the summary of an incident')
    .addArgument(incidentArgument())
    .addOption(fullOption())
    .addOption(
      new Option('--format <format>', 'format of the output; md, json and html print everything')
        .choices(['text', 'md', 'json', 'html'])
        .default('text')
        .conflicts('json'),
    )
    .option('--output <file>', 'write it to a file')
    .action((incident: string, options: ShowOptions) =>
      inSession(deps, options, async (session) => {
        const record = await session.incidents.show(incident);
        const text = await formatted(record, session, options);
        if (options.output === undefined) deps.stdout.write(text);
        else await writeOutput(options.output, text);
      }),
    );
}

async function formatted(
  record: IncidentRecord,
  session: Session,
  { format, json, full }: ShowOptions,
): Promise<string> {
  if (json || format === 'json') return jsonDocument(record);
  if (format === 'text') return `${await textOf(record, session, full ?? false)}\n`;
  const renderer = await session.deps.renderer();
  const text = format === 'md' ? renderer.markdown(record) : await renderer.html(record, session.settings);
  return `${text.trimEnd()}\n`;
}
