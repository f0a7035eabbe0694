import type { Command } from 'commander';
import type { Inventory, Total } from '../../activities/record/inventory.js';
import type { PruneReport } from '../../activities/record/retention.js';
import type { RetentionRun } from '../../activities/record/retention-timer.js';
import { withCommonOptions, type CliDependencies, type CommonOptions } from '../../client/cli/context.js';
import { EXIT, ExitWith } from '../../client/cli/exit-codes.js';
import { jsonDocument, plain, utc } from '../../client/cli/output.js';
import { BadInput } from '../../client/errors.js';
import { quantity } from '../../model/wording.js';

/** Problems shown as text; `--json` lists all that were found. */
const SHOWN_PROBLEMS = 20;

/** Adds the commands for the store of evidence and records: store usage, store prune, store verify. */
export function buildStoreCommand(program: Command, deps: CliDependencies): void {
  const store = program
    .command('store')
    .description('show, shrink and check the store of evidence and records');
  withCommonOptions(store.command('usage'))
    .description('show how much the store holds, by kind, and when retention ran last')
    .action((options: CommonOptions) => usage(options, deps));
  withCommonOptions(store.command('prune'))
    .description('delete now what store.retention does not keep; a worker does so every hour')
    .option('--dry-run', 'delete nothing, and show what would be deleted')
    .action((options: PruneCommandOptions) => pruneNow(options, deps));
  withCommonOptions(store.command('verify'))
    .description(
      'read every object and check digests, records and references; ends with 1 when one is damaged',
    )
    .action((options: CommonOptions) => verify(options, deps));
}

interface PruneCommandOptions extends CommonOptions {
  dryRun?: true;
}

/** The code of the store is loaded only by a command that needs it. */
async function opened({ config }: CommonOptions, deps: CliDependencies) {
  const { openBlobs } = await import('../../activities/record/open-store.js');
  const { store, followUp } = await deps.loadSettings(config);
  if (!store || !followUp) throw new BadInput('store: expected the store that holds incidents');
  return { store, followUp, blobs: openBlobs(store) };
}

interface Usage {
  store: string;
  id: string;
  incidents: { count: number; oldestAt: number | null; newestAt: number | null };
  kinds: Record<string, Total>;
  total: Total;
  retention: { days: number; maxBytes: number };
  lastRun: RetentionRun | null;
}

async function usage(options: CommonOptions, deps: CliDependencies): Promise<void> {
  const { blobs, store } = await opened(options, deps);
  const { storeId } = await import('../../activities/record/blob-store.js');
  const { takeInventory, totalsOf } = await import('../../activities/record/inventory.js');
  const { lastRun } = await import('../../activities/record/retention-timer.js');
  const id = await storeId(blobs);
  const inventory = await takeInventory(blobs);
  const answer: Usage = {
    store: blobs.description,
    id,
    incidents: incidentsIn(inventory),
    kinds: totalsOf(inventory),
    total: inventory.total,
    retention: store.retention,
    lastRun: await lastRun(blobs),
  };
  deps.stdout.write(options.json ? jsonDocument(answer) : usageText(answer));
}

function incidentsIn({ incidents }: Inventory): Usage['incidents'] {
  const times = incidents.map(({ lastWrite }) => lastWrite).sort((a, b) => a - b);
  return { count: times.length, oldestAt: times[0] ?? null, newestAt: times.at(-1) ?? null };
}

function usageText({ store, id, incidents, kinds, total, retention, lastRun }: Usage): string {
  const { count, oldestAt, newestAt } = incidents;
  const span =
    oldestAt === null || newestAt === null ? '' : `, last written ${utc(oldestAt)} to ${utc(newestAt)} UTC`;
  const rows = Object.entries({ ...kinds, total }).map(
    ([kind, { objects, bytes }]) =>
      `  ${kind.padEnd(14)}${String(objects).padStart(9)}  ${quantity(bytes, 'bytes').padStart(9)}`,
  );
  const limits = [
    retention.days === 0 ? 'no limit by age' : `${retention.days} days`,
    retention.maxBytes === 0 ? 'no limit by size' : `at most ${quantity(retention.maxBytes, 'bytes')}`,
  ];
  return [
    `${plain(store)} (id ${id})`,
    `${count} ${count === 1 ? 'incident' : 'incidents'}${span}`,
    `  ${'kind'.padEnd(14)}${'objects'.padStart(9)}  ${'size'.padStart(9)}`,
    ...rows,
    `Retention: ${limits.join(', ')}; ${runText(lastRun)}`,
    '',
  ].join('\n');
}

function runText(run: RetentionRun | null): string {
  if (run === null) return 'no worker ran it in the last day';
  const outcome = run.deleted === null ? 'has not ended' : `deleted ${totalText(run.deleted)}`;
  return `the run of ${utc(run.at)} UTC ${outcome}`;
}

const totalText = ({ objects, bytes }: Total): string =>
  `${objects} ${objects === 1 ? 'object' : 'objects'} (${quantity(bytes, 'bytes')})`;

async function pruneNow(options: PruneCommandOptions, deps: CliDependencies): Promise<void> {
  const settings = await opened(options, deps);
  const { prune, retentionRules } = await import('../../activities/record/retention.js');
  const dryRun = options.dryRun ?? false;
  const report = await prune(settings.blobs, retentionRules(settings), { now: deps.now(), dryRun });
  deps.stdout.write(options.json ? jsonDocument({ dryRun, ...report }) : pruneText(report, dryRun));
}

function pruneText(report: PruneReport, dryRun: boolean): string {
  const { deleted, incidents, byReason, remaining, postponed, overBytes } = report;
  const verb = dryRun ? 'Would delete' : 'Deleted';
  return [
    `${verb} ${totalText(deleted)}, ${incidents} ${incidents === 1 ? 'incident' : 'incidents'} whole`,
    ...Object.entries(byReason).map(([reason, total]) => `  ${reason}: ${totalText(total)}`),
    `${dryRun ? 'Would remain' : 'Remain'}: ${totalText(remaining)}`,
    ...(postponed === 0 ? [] : [`${postponed} more objects are left for the next run`]),
    ...(overBytes === 0
      ? []
      : [
          `${quantity(overBytes, 'bytes')} above store.retention.maxBytes: ` +
            'the rest belongs to open incidents or is less than a day old',
        ]),
    '',
  ].join('\n');
}

async function verify(options: CommonOptions, deps: CliDependencies): Promise<void> {
  const { blobs } = await opened(options, deps);
  const { verifyStore } = await import('../../activities/record/verify.js');
  const { checked, problems } = await verifyStore(blobs);
  const lines = [
    `Read ${checked.blobs} blobs and ${checked.records} records: ` +
      (problems.length === 0 ? 'all are as they were stored' : `${problems.length} problems`),
    ...problems.slice(0, SHOWN_PROBLEMS).map(({ key, problem }) => `  ${key}: ${plain(problem)}`),
    ...(problems.length > SHOWN_PROBLEMS ? [`  and ${problems.length - SHOWN_PROBLEMS} more (--json)`] : []),
    '',
  ];
  deps.stdout.write(options.json ? jsonDocument({ checked, problems }) : lines.join('\n'));
  if (problems.length > 0) throw new ExitWith(EXIT.failure);
}
