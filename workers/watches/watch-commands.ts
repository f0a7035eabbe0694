import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadPacks, openSource } from '../../activities/collect/index.js';
import { backtest, scoreOf, type KnownTrouble } from '../../activities/watch/backtest.js';
import { withCommonOptions, type CliDependencies, type CommonOptions } from '../../client/cli/context.js';
import { colorsFor, jsonDocument } from '../../client/cli/output.js';
import { readMoment } from '../../client/cli/times.js';
import { BadInput, TemporalUnavailable } from '../../client/errors.js';
import { openTemporal } from '../../client/temporal.js';
import { listWatches } from '../../client/watch-schedules.js';
import { loadConfig } from '../../config/load.js';
import type { Watch } from '../../config/watches.js';
import { renderBacktest, renderWatches } from './render.js';

interface TestOptions extends CommonOptions {
  from?: number;
  to?: number;
  known?: string;
  incidents: boolean;
}

const DAY_SECONDS = 86_400;
/** Incidents that a back-test is held against, at most. */
const MOST_INCIDENTS = 1_000;

/** Adds `watch test` and `watch list` to the `watch` command, which by itself follows one incident. */
export function buildWatchCommands(program: Command, deps: CliDependencies): void {
  const watch = program.commands.find((command) => command.name() === 'watch');
  if (!watch) throw new Error('the client commands come first: `watch` is one of them');
  watch.enablePositionalOptions();
  const moment = (text: string): number => readMoment(text, deps.now());

  withCommonOptions(watch.command('test'))
    .description(
      'try a watch of the configuration on the past: when it would have fired, and how right it was',
    )
    .argument('<name>', 'name of the watch')
    .addOption(new Option('--from <time>', 'where to begin (default: a day ago)').argParser(moment))
    .addOption(new Option('--to <time>', 'where to end (default: now)').argParser(moment))
    .option('--known <file>', 'YAML or JSON list of known trouble: what, service, start, end')
    .option('--no-incidents', 'do not hold it against the incidents that Temporal knows')
    .action((name: string, options: TestOptions) => testWatch(name, options, deps));

  withCommonOptions(watch.command('list'))
    .description('list the watches of the configuration and whether they are scheduled')
    .action((options: CommonOptions) => list(options, deps));
}

async function testWatch(name: string, options: TestOptions, deps: CliDependencies): Promise<void> {
  const { config } = await load(options, deps);
  const watch = watchNamed(config.watches, name);
  const to = options.to ?? Math.floor(deps.now());
  const from = options.from ?? to - DAY_SECONDS;
  if (from >= to) throw new BadInput('--from: expected a time before --to');

  const source = await openSource(config.metrics);
  try {
    const packs = await loadPacks(config.packs.files);
    const tried = await backtest(
      { source, packs, config },
      watch,
      { from, to },
      { signal: new AbortController().signal },
    );
    const { troubles, remark } = await knownTrouble(options, config, { from, to }, deps);
    const score = scoreOf(tried.episodes, troubles, to);
    const answer = { watch: watch.name, ...tried, known: troubles.length, ...score, remark };
    deps.stdout.write(
      options.json ? jsonDocument(answer) : renderBacktest(answer, colorsFor(deps.stdout, deps.env)),
    );
  } finally {
    source.close();
  }
}

async function list(options: CommonOptions, deps: CliDependencies): Promise<void> {
  const { config } = await load(options, deps);
  const temporal = openTemporal({ profile: config.temporal.profile, env: deps.env });
  try {
    const schedules = await listWatches(temporal, config.environment);
    const rows = config.watches.map((watch) => ({
      name: watch.name,
      method: watch.method.type,
      everySeconds: watch.everySeconds,
      schedule: schedules.find(({ name }) => name === watch.name) ?? null,
    }));
    deps.stdout.write(
      options.json ? jsonDocument({ watches: rows }) : renderWatches(rows, colorsFor(deps.stdout, deps.env)),
    );
  } finally {
    await temporal.close();
  }
}

function load({ config }: CommonOptions, deps: CliDependencies) {
  return loadConfig({ ...(config !== undefined && { file: config }), env: deps.env });
}

function watchNamed(watches: readonly Watch[], name: string): Watch {
  const found = watches.find((watch) => watch.name === name);
  if (found) return found;
  const known = watches.map((watch) => watch.name).join(', ') || 'none';
  throw new BadInput(`watches: expected one named ${name}, the configuration has ${known}`);
}

/** What a person writes down, and the incidents that Temporal remembers; without Temporal only the former. */
async function knownTrouble(
  options: TestOptions,
  config: { environment: string; temporal: { profile?: string | undefined } },
  { from, to }: { from: number; to: number },
  deps: CliDependencies,
): Promise<{ troubles: KnownTrouble[]; remark: string | null }> {
  const written = options.known === undefined ? [] : await readKnown(options.known);
  if (!options.incidents) return { troubles: written, remark: null };
  const incidents = deps.openIncidents(config);
  try {
    const { incidents: rows } = await incidents.list(
      { environment: [config.environment], since: from },
      { limit: MOST_INCIDENTS },
    );
    const opened = rows
      .filter(({ openedAt }) => openedAt <= to)
      .map((row) => ({ what: row.id, service: row.service, start: row.openedAt, end: row.closedAt }));
    return { troubles: [...written, ...opened], remark: null };
  } catch (error) {
    if (!(error instanceof TemporalUnavailable)) throw error;
    return { troubles: written, remark: `The incidents of that time are not known: ${error.message}` };
  } finally {
    await incidents.close();
  }
}

const moment = z.union([
  z.number(),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text) / 1000),
]);
const knownList = z.array(
  z.strictObject({
    what: z.string().min(1),
    service: z.string().min(1).nullable().default(null),
    start: moment,
    end: moment.nullable().default(null),
  }),
);

async function readKnown(file: string): Promise<KnownTrouble[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new BadInput(
      `--known: ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  const read = knownList.safeParse(parse(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new BadInput(
    `--known: ${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a list of known trouble'}`,
  );
}
