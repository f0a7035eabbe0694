import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { advance, judgeAt, spanOf } from '../../analysis/watch/index.js';
import type { Watch } from '../../config/watches.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { EpisodeState, WatchMemory, WatchRound } from '../../model/watch.js';
import { oneLine } from '../../report/escape.js';
import type { Activities } from '../contract.js';
import { runAttempt, type Limits } from '../collect/attempt.js';
import { readWatched, TooManySeries, type WatchDeps, type WatchedSeries } from './read-watched.js';

/** Hands anomalies to triage, by the same door as a webhook; resolves when they are durable. */
export type Raise = (anomalies: Anomaly[]) => Promise<void>;

const LONGEST_TITLE = 200;
const LINES_SHOWN = 20;

const TIME_OF_A_WATCH = { setting: 'the time of one run of a watch' };

/**
 * The `runWatch` activity: judges the series of a watch once, and raises the anomalies that begin or end with it.
 * Run again with the same memory and time it raises the same anomalies, which triage knows.
 *
 * Failures: those of sources; `NoSuchWatch` and `TooManySeries`, non-retryable.
 */
export function createRunWatch(deps: WatchDeps & { raise: Raise }): Pick<Activities, 'runWatch'> {
  const { watches, environment } = deps.config;
  return {
    runWatch: ({ name, memory, at }) =>
      runAttempt(async (attempt) => {
        const watch = watches.find((one) => one.name === name);
        if (!watch) {
          throw ApplicationFailure.nonRetryable(
            `watches: expected one named ${name}, this worker's configuration has none`,
            'NoSuchWatch',
          );
        }
        const found = await read(deps, watch, at, attempt);
        const { round, anomalies } = lookAt(watch, found, memory, at, environment);
        if (anomalies.length > 0) await deps.raise(anomalies);
        return round;
      }, TIME_OF_A_WATCH),
  };
}

async function read(deps: WatchDeps, watch: Watch, at: number, limits: Limits): Promise<WatchedSeries[]> {
  const { lookBackSeconds, stepSeconds: step } = spanOf(watch.method);
  // On round steps, so that two runs read the same samples.
  const end = Math.floor(at / step) * step;
  try {
    return await readWatched(deps, watch, { start: end - lookBackSeconds, end, step }, limits);
  } catch (error) {
    if (error instanceof TooManySeries) throw ApplicationFailure.nonRetryable(error.message, error.name);
    throw error;
  }
}

/** What one run makes of the memory, and which anomalies come of it; pure. */
export function lookAt(
  watch: Watch,
  found: readonly WatchedSeries[],
  memory: WatchMemory,
  at: number,
  environment: string,
): { round: WatchRound; anomalies: Anomaly[] } {
  const next: WatchMemory = { series: {} };
  const anomalies: Anomaly[] = [];
  const lines: string[] = [];
  const take = (key: string, series: WatchedSeries | null, before: EpisodeState | null): void => {
    const judgement = series
      ? judgeAt(series.watched, at, watch.method)
      : { state: 'unknown' as const, since: null, statement: 'the series is gone' };
    const { state, event } = advance(before, judgement, at, watch);
    if (series || state.startedAt !== null) next.series[key] = state;
    if (state.startedAt !== null || judgement.state === 'bad') {
      lines.push(`${series?.name ?? key}: ${judgement.statement}`);
    }
    if (event)
      anomalies.push(anomalyOf({ watch, key, series, statement: judgement.statement, environment, event }));
  };
  for (const series of found) take(series.key, series, memory.series[series.key] ?? null);
  const seen = new Set(found.map(({ key }) => key));
  for (const [key, state] of Object.entries(memory.series)) if (!seen.has(key)) take(key, null, state);

  const fired = anomalies.filter(({ status }) => status === 'firing').length;
  const round = {
    memory: next,
    lines: lines.slice(0, LINES_SHOWN),
    watched: found.length,
    fired,
    cleared: anomalies.length - fired,
  };
  return { round, anomalies };
}

function anomalyOf(about: {
  watch: Watch;
  key: string;
  series: WatchedSeries | null;
  statement: string;
  environment: string;
  event: { kind: 'fires' | 'clears'; startedAt: number; endedAt?: number };
}): Anomaly {
  const { watch, key, series, statement, environment, event } = about;
  const service = series?.service ?? watch.name;
  return {
    source: 'watch',
    fingerprint: hash([watch.name, key]),
    group: hash([environment, watch.name]),
    status: event.kind === 'fires' ? 'firing' : 'resolved',
    environment,
    service,
    ...(series?.namespace !== undefined && { namespace: series.namespace }),
    ...(series?.cluster !== undefined && { cluster: series.cluster }),
    symptom: series?.symptom ?? watch.symptom ?? 'other',
    severity: watch.severity,
    title: oneLine(`${watch.name}: ${series?.name ?? key}: ${statement}`, LONGEST_TITLE),
    startedAt: event.startedAt,
    endedAt: event.endedAt ?? null,
    labels: { ...series?.labels, watch: watch.name },
    annotations: { statement, ...(series && { query: series.query }) },
    links: [],
  };
}

function hash(parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
