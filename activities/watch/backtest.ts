import { advance, judgeAt, spanOf } from '../../analysis/watch/index.js';
import type { Watch } from '../../config/watches.js';
import type { EpisodeState } from '../../model/watch.js';
import type { Limits } from '../collect/attempt.js';
import { readWatched, type WatchDeps } from './read-watched.js';

/** A time when a watch would have fired. */
export interface PastEpisode {
  service: string;
  name: string;
  /** When the deviation began according to the watch, when it would have been raised, and when it was over; unix seconds. */
  startedAt: number;
  raisedAt: number;
  /** Null when it was not over at the end. */
  endedAt: number | null;
  statement: string;
}

/** Trouble that is known to have been, to hold a watch against. `service` null: whichever. */
export interface KnownTrouble {
  what: string;
  service: string | null;
  start: number;
  end: number | null;
}

export interface Backtest {
  from: number;
  to: number;
  /** How often the watch would have run, over how many series. */
  looks: number;
  series: number;
  episodes: PastEpisode[];
}

/**
 * Runs a watch over the past: at the same distance, each run with only the data that were there by then.
 *
 * @throws SourceError, TooManySeries
 */
export async function backtest(
  deps: WatchDeps,
  watch: Watch,
  { from, to }: { from: number; to: number },
  limits: Limits,
): Promise<Backtest> {
  const { lookBackSeconds, stepSeconds: step } = spanOf(watch.method);
  const start = Math.floor((from - lookBackSeconds) / step) * step;
  const found = await readWatched(deps, watch, { start, end: Math.floor(to / step) * step, step }, limits);
  const episodes: PastEpisode[] = [];
  for (const series of found) {
    let state: EpisodeState | null = null;
    let open: PastEpisode | null = null;
    for (let at = from; at <= to; at += watch.everySeconds) {
      const judgement = judgeAt(series.watched, at, watch.method);
      const step = advance(state, judgement, at, watch);
      state = step.state;
      if (step.event?.kind === 'fires') {
        open = {
          service: series.service,
          name: series.name,
          startedAt: step.event.startedAt,
          raisedAt: at,
          endedAt: null,
          statement: judgement.statement,
        };
        episodes.push(open);
      }
      if (step.event?.kind === 'clears' && open) open.endedAt = step.event.endedAt;
    }
  }
  const looks = Math.floor((to - from) / watch.everySeconds) + 1;
  episodes.sort((a, b) => a.raisedAt - b.raisedAt);
  return { from, to, looks, series: found.length, episodes };
}

/** How good a watch is, measured by the known incidents. */
export interface Score {
  /** Episodes that concern known trouble, by index of `episodes`; the trouble's words. */
  matched: (string | null)[];
  /** Share of episodes that concern known trouble; null without episodes. */
  precision: number | null;
  /** Share of the known trouble that was raised; null when none is known. */
  recall: number | null;
  missed: KnownTrouble[];
}

/** Trouble and episode need not begin together: a watch may be first or late by so much. */
const SLACK_SECONDS = 600;

export function scoreOf(
  episodes: readonly PastEpisode[],
  troubles: readonly KnownTrouble[],
  now: number,
): Score {
  const concerns = (episode: PastEpisode, trouble: KnownTrouble): boolean =>
    (trouble.service === null || trouble.service === episode.service) &&
    episode.raisedAt >= trouble.start - SLACK_SECONDS &&
    episode.startedAt <= (trouble.end ?? now) + SLACK_SECONDS;
  const matched = episodes.map(
    (episode) => troubles.find((trouble) => concerns(episode, trouble))?.what ?? null,
  );
  const missed = troubles.filter((trouble) => !episodes.some((episode) => concerns(episode, trouble)));
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  return {
    matched,
    precision: share(matched.filter((trouble) => trouble !== null).length, episodes.length),
    recall: share(troubles.length - missed.length, troubles.length),
    missed,
  };
}
