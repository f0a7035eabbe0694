import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadPacks, openSource } from '../../activities/collect/index.js';
import { backtest, scoreOf, type KnownTrouble } from '../../activities/watch/backtest.js';
import { print, type CliDependencies, type CommonOptions } from '../../client/cli/context.js';
import { colorsFor, tableWidth } from '../../client/cli/output.js';
import { systemErrorWords } from '../../client/cli/system-errors.js';
import { readOptionalMoment } from '../../client/cli/times.js';
import { BadInput, TemporalUnavailable } from '../../client/errors.js';
import { openTemporal } from '../../client/temporal.js';
import { listWatches } from '../../client/watch-schedules.js';
import { loadConfig } from '../../config/load.js';
import type { Watch } from '../../config/watches.js';
import { renderBacktest, watchRows } from './render.js';
import type { TestOptions } from './watches-command.js';

/** Incidents that a back-test is compared with, at most. */
const MOST_INCIDENTS = 1_000;
const DAY_SECONDS = 86_400;

/** Tries a watch on the past and prints when it would have fired. @throws BadInput */
export async function testWatch(name: string, options: TestOptions, deps: CliDependencies): Promise<void> {
  const { config } = await load(options, deps);
  const watch = watchNamed(config.watches, name);
  const now = deps.now();
  const to = (await readOptionalMoment('--to', options.to, now)) ?? Math.floor(now);
  const from = (await readOptionalMoment('--from', options.from, now)) ?? to - DAY_SECONDS;
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
    print(deps, options, {
      value: answer,
      text: () => renderBacktest(answer, colorsFor(deps.stdout, deps.env)).trimEnd(),
    });
  } finally {
    source.close();
  }
}

/** Prints the watches of the configuration and their next run. */
export async function listConfiguredWatches(options: CommonOptions, deps: CliDependencies): Promise<void> {
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
    const { plainTable } = await import('../../client/cli/table.js');
    const look = { colors: colorsFor(deps.stdout, deps.env), width: tableWidth(deps.stdout) };
    print(deps, options, {
      value: { watches: rows },
      text: () =>
        rows.length === 0
          ? 'The configuration has no watches.'
          : plainTable(watchRows(rows, look.colors), look),
      quiet: () => rows.map(({ name }) => name).join('\n'),
    });
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
  const incidents = await deps.openIncidents(config);
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
    throw new BadInput(systemErrorWords(error, '--known') ?? `--known: ${file} cannot be read`);
  }
  const read = knownList.safeParse(parsedYaml(file, text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new BadInput(
    `--known: ${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a list of known trouble'}`,
  );
}

function parsedYaml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new BadInput(`--known: ${file} is not valid YAML: ${reason}`, { cause: error });
  }
}
