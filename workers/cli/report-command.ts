import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { openBlobs } from '../../activities/record/open-store.js';
import { createRecords, type Records } from '../../activities/record/records.js';
import { withCommonOptions, type CliDependencies, type CommonOptions } from '../../client/cli/context.js';
import { jsonDocument } from '../../client/cli/output.js';
import { AmbiguousId, BadInput, IncidentNotFound } from '../../client/errors.js';
import type { IncidentRecord } from '../../model/incident.js';
import { pageFromStore } from './page-from-store.js';

interface ReportOptions extends CommonOptions {
  output?: string;
}

const STANDARD_OUTPUT = '-';

/** Adds the command that makes the page of a stored incident again: report. */
export function buildReportCommand(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('report'))
    .description('make the page of an incident again from the store')
    .argument('<incident>', 'id of the incident, or a part of it that only one has')
    .option('--output <file>', 'where to write it; - for standard output (default: report.html in the store)')
    .action((incident: string, options: ReportOptions) => report(incident, options, deps));
}

async function report(incident: string, options: ReportOptions, deps: CliDependencies): Promise<void> {
  if (options.json && options.output === STANDARD_OUTPUT) {
    throw new BadInput('--json and --output - exclude each other: both answer on standard output');
  }
  const settings = await deps.loadSettings(options.config);
  if (!settings.store) throw new BadInput('store: expected the store that holds incidents');
  const blobs = openBlobs(settings.store);
  const records = createRecords({ blobs });
  const record = await recordNamed(incident, records, blobs.description);
  const page = await pageFromStore(record, settings);
  if (options.output === STANDARD_OUTPUT) {
    deps.stdout.write(page);
    return;
  }
  if (options.output !== undefined) await writeFile(options.output, page);
  const file = options.output ?? (await records.savePage(record.id, page));
  deps.stdout.write(
    options.json ? jsonDocument({ id: record.id, file, bytes: Buffer.byteLength(page) }) : `${file}\n`,
  );
}

async function recordNamed(incident: string, records: Records, store: string): Promise<IncidentRecord> {
  const exact = await records.find(incident);
  if (exact) return exact;
  const [id, ...others] = await records.search(incident);
  if (id === undefined) {
    throw new IncidentNotFound(`no incident in ${store} goes by '${incident}'`);
  }
  if (others.length > 0) {
    throw new AmbiguousId(`'${incident}' belongs to several incidents: ${[id, ...others].join(', ')}`);
  }
  const record = await records.find(id);
  if (!record) throw new IncidentNotFound(`the record of ${id} is not in ${store} any more`);
  return record;
}
