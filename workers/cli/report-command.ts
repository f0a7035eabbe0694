import type { Command } from 'commander';
import type { Records } from '../../activities/record/records.js';
import {
  print,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../../client/cli/context.js';
import { writeOutput } from '../../client/cli/output.js';
import { AmbiguousId, BadInput, IncidentNotFound } from '../../client/errors.js';
import type { IncidentRecord } from '../../model/incident.js';

interface ReportOptions extends CommonOptions {
  output?: string;
}

const STANDARD_OUTPUT = '-';

/** Adds the command that makes the page of a stored incident again: report. */
export function buildReportCommand(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('report'))
    .description('write the report page of an incident again, from the store')
    .argument('<incident>', 'id of the incident, or a part of it that only one has')
    .option('--output <file>', 'file to write; - for standard output (default: report.html in the store)')
    .action((incident: string, options: ReportOptions) => report(incident, options, deps));
}

async function report(incident: string, options: ReportOptions, deps: CliDependencies): Promise<void> {
  if (options.json && options.output === STANDARD_OUTPUT) {
    throw new BadInput('--json and --output - exclude each other: both write to standard output');
  }
  const settings = await deps.loadSettings(options.config);
  if (!settings.store) throw new BadInput('store: expected the store that holds incidents');
  const [{ openBlobs }, { createRecords }, { pageFromStore }] = await Promise.all([
    import('../../activities/record/open-store.js'),
    import('../../activities/record/records.js'),
    import('./renderer.js'),
  ]);
  const blobs = openBlobs(settings.store);
  const records = createRecords({ blobs });
  const record = await recordNamed(incident, records, blobs.description);
  const page = await pageFromStore(record, settings);
  if (options.output === STANDARD_OUTPUT) {
    deps.stdout.write(page);
    return;
  }
  if (options.output !== undefined) await writeOutput(options.output, page);
  const file = options.output ?? (await records.savePage(record.id, page));
  print(deps, options, {
    value: { id: record.id, file, bytes: Buffer.byteLength(page) },
    text: () => file,
    quiet: () => file,
  });
}

async function recordNamed(incident: string, records: Records, store: string): Promise<IncidentRecord> {
  const exact = await records.find(incident);
  if (exact) return exact;
  const [id, ...others] = await records.search(incident);
  if (id === undefined) {
    throw new IncidentNotFound(`There is no incident "${incident}" in ${store}`);
  }
  if (others.length > 0) {
    throw new AmbiguousId(`"${incident}" fits several incidents: ${[id, ...others].join(', ')}`);
  }
  const record = await records.find(id);
  if (!record) throw new IncidentNotFound(`The record of ${id} is not in ${store} any more`);
  return record;
}
