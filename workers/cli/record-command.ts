import { Option, type Command } from 'commander';
import type { OpenRecord } from '../../activities/record/database/open.js';
import {
  print,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../../client/cli/context.js';
import { colorsFor, plain, tableWidth } from '../../client/cli/output.js';
import { readMoment } from '../../client/cli/times.js';
import { BadInput } from '../../client/errors.js';
import type { RecordConfig } from '../../config/record.js';
import { count } from '../../model/wording.js';

interface StatsOptions extends CommonOptions {
  since: string;
  environment?: string;
  service?: string;
}

/** Adds the commands that ask the record of past incidents: stats, rebuild-record. */
export function buildRecordCommands(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('stats'))
    .description('show how many incidents there were, how long they took, and how often diagnoses were right')
    .addOption(
      new Option('--since <time>', 'incidents opened since this time: 7d, yesterday, 2026-11-01').default(
        '30d',
      ),
    )
    .option('--environment <name>', 'incidents of one environment')
    .option('--service <name>', 'incidents that are about a service, or that it caused')
    .action((options: StatsOptions) => stats(options, deps));
  withCommonOptions(program.command('rebuild-record'))
    .description('read every incident of the store into the record of past incidents again')
    .action((options: CommonOptions) => rebuild(options, deps));
}

async function stats(options: StatsOptions, deps: CliDependencies): Promise<void> {
  const until = deps.now();
  const since = await readMoment('--since', options.since, until);
  const [{ readStatistics }, { statisticsText }] = await Promise.all([
    import('../../activities/record/database/statistics.js'),
    import('./statistics-text.js'),
  ]);
  const { environment, service } = options;
  await withRecord(options, deps, async ({ db }) => {
    const found = await readStatistics(db, { since, until, environment, service });
    const table = { colors: colorsFor(deps.stdout, deps.env), width: tableWidth(deps.stdout) };
    print(deps, options, {
      value: found,
      text: () => statisticsText(found, table),
      quiet: () => String(found.incidents.all),
    });
  });
}

async function rebuild(options: CommonOptions, deps: CliDependencies): Promise<void> {
  const [{ catchUp }, { clear }, { forgottenBefore }, { openBlobs }] = await Promise.all([
    import('../../activities/record/database/catch-up.js'),
    import('../../activities/record/database/keep.js'),
    import('../../activities/record/database/keeper.js'),
    import('../../activities/record/open-store.js'),
  ]);
  await withRecord(options, deps, async ({ db }, { record, store }) => {
    if (!store) throw new BadInput('store: expected the store that holds incidents');
    await clear(db);
    const done = await catchUp(db, openBlobs(store), { since: forgottenBefore(record) });
    const lines = [
      `Read ${count(done.kept, 'revision')} of the store into the record`,
      ...(done.unreadable.length === 0 ? [] : ['These cannot be read:']),
      ...done.unreadable.map((problem) => `  ${plain(problem)}`),
    ];
    print(deps, options, { value: done, text: () => lines.join('\n'), quiet: () => String(done.kept) });
  });
}

/** @throws BadInput when the configuration has no database */
async function withRecord(
  { config: file }: CommonOptions,
  deps: CliDependencies,
  work: (
    open: OpenRecord,
    settings: { record: RecordConfig } & Awaited<ReturnType<CliDependencies['loadSettings']>>,
  ) => Promise<void>,
): Promise<void> {
  const { openRecord } = await import('../../activities/record/database/open.js');
  const settings = await deps.loadSettings(file);
  if (!settings.config)
    throw new BadInput('--config: expected the configuration of the workers, or faultline.yml here');
  const { record } = settings.config;
  const open = await openRecord(record);
  if (!open) {
    throw new BadInput('record.enabled: expected true, so that there is a record of past incidents');
  }
  try {
    await work(open, { ...settings, record });
  } finally {
    await open.close();
  }
}
