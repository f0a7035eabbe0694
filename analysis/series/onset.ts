import { compact, quantileSorted } from '../stats/order.js';
import type { SignalKind, Subject } from '../../model/series.js';
import { BEGIN, SERIES } from './weights.js';
import { excursion } from './excursion.js';
import type { Grid } from './grid.js';
import type { Baseline } from './baseline.js';
import { surprise } from './surprise.js';

/** Median of the deviations, or of other values, in the bins right before `bin`; `usual` where there are none. */
export function referenceBefore(values: Float64Array, bin: number, usual = 0): number {
  const count = compact(values, Math.max(0, bin - SERIES.referenceBins), bin, recent);
  return count === 0 ? usual : quantileSorted(recent.subarray(0, count).sort(), 0.5);
}

/** Scratch of `referenceBefore`, which is asked some times for each series. */
const recent = new Float64Array(SERIES.referenceBins);

/**
 * How far a series is from both its baseline and its level right before `begin`, by bin from `from` on: a level
 * that was there before the incident is not part of it, whatever the baseline says. Earlier bins are NaN.
 */
export function departures(level: Baseline, begin: number, from: number, to = Infinity): Float64Array {
  const reference = referenceBefore(level.deviations, begin);
  const { deviations } = level;
  const away = new Float64Array(deviations.length).fill(NaN);
  const end = Math.min(to, away.length);
  for (let bin = from; bin < end; bin += 1) {
    const deviation = deviations[bin]!;
    if (!Number.isNaN(deviation)) away[bin] = nearerToZero(deviation, deviation - reference);
  }
  return away;
}

/** The smaller of two deviations of one sign; 0 when their signs differ. */
function nearerToZero(left: number, right: number): number {
  if (left > 0 && right > 0) return Math.min(left, right);
  if (left < 0 && right < 0) return Math.max(left, right);
  return 0;
}

/**
 * When the incident began, as a bin; null when nothing moved. For every possible moment: how much do the series
 * depart afterwards from where they were right before it? Too early a moment loses nothing, too late a one takes
 * the trouble itself for the level before; so it is the sharpest step among the moments that explain nearly the
 * most.
 * The signals of the alert's own symptom decide alone if they moved at all, since it is their story that is told;
 * else what users feel anywhere; and only then resources.
 */
export function onsetAmong(own: Baseline[], all: Baseline[], grid: Grid): number | null {
  const felt = loudest(
    all.filter(({ series }) => isGolden(series.signal)),
    grid,
  );
  const mine = unusual(own, grid);
  const audible = loudness(mine, grid) >= BEGIN.audible * loudness(felt, grid);
  return (
    (audible ? sharpestOfTheBest(mine, grid, BEGIN.clearHeight) : null) ??
    sharpestOfTheBest(felt, grid, BEGIN.clearHeight) ??
    sharpestOfTheBest(loudest(all, grid), grid, BEGIN.leastHeight)
  );
}

/** Height of the highest excursion for the worse within the incident window. */
function loudness(baselines: Baseline[], grid: Grid): number {
  return Math.max(
    0,
    ...baselines.map((level) => heightForTheWorse(level, level.deviations, grid.incidentStart, grid.bins)),
  );
}

function heightForTheWorse(level: Baseline, deviations: Float64Array, from: number, to: number): number {
  return Math.max(
    worseOnly(level, 1) ? excursion(deviations, from, to, 1).height : 0,
    worseOnly(level, -1) ? excursion(deviations, from, to, -1).height : 0,
  );
}

/** Those that do in the incident window what their baseline hardly ever does. */
function unusual(baselines: Baseline[], grid: Grid): Baseline[] {
  return baselines.filter((level) =>
    ([1, -1] as const).some((sign) => {
      if (!worseOnly(level, sign)) return false;
      const { height } = excursion(level.deviations, grid.incidentStart, grid.bins, sign);
      const length = grid.bins - grid.incidentStart;
      return surprise(level.deviations, level.baselineEnd, length, sign, height) >= BEGIN.leastSurprise;
    }),
  );
}

/** Signals of the work itself rather than of what it uses. */
export function isGolden(signal: SignalKind): boolean {
  return signal === 'latency' || signal === 'errors' || signal === 'availability';
}

/** Whose symptom a series is: a call is a symptom of the service that answers it. */
export function ownerOf(subject: Subject): string {
  switch (subject.kind) {
    case 'service':
      return subject.service;
    case 'edge':
      return subject.callee;
    case 'host':
      return subject.host;
  }
}

function loudest(baselines: Baseline[], grid: Grid): Baseline[] {
  const loud = baselines.map((level) => ({
    level,
    height: heightForTheWorse(level, level.deviations, grid.incidentStart, grid.bins),
  }));
  return loud
    .filter(({ height }) => height > 0)
    .sort((a, b) => b.height - a.height)
    .slice(0, BEGIN.voters)
    .map(({ level }) => level);
}

/** Whether a move in this direction is, or may be, for the worse. */
function worseOnly({ series }: Baseline, sign: 1 | -1): boolean {
  return series.worse === 'either' || (series.worse === 'up') === (sign === 1);
}

function sharpestOfTheBest(baselines: Baseline[], grid: Grid, needed: number): number | null {
  const gains = new Float64Array(grid.bins);
  let best = 0;
  let highest = 0;
  for (let bin = Math.max(1, grid.incidentStart); bin < grid.bins; bin += 1) {
    // One vote for each subject: a service with many metrics is not many witnesses.
    const votes = new Map<string, number>();
    for (const level of baselines) {
      const away = departures(level, bin, bin);
      const height = heightForTheWorse(level, away, bin, grid.bins);
      const witness = ownerOf(level.series.subject);
      votes.set(witness, Math.max(votes.get(witness) ?? 0, height));
    }
    for (const height of votes.values()) {
      highest = Math.max(highest, height);
      gains[bin] = gains[bin]! + height / (height + BEGIN.halfHeight);
    }
    gains[bin] = gains[bin]! * nearAlert(bin, grid);
    best = Math.max(best, gains[bin]!);
  }
  if (highest < needed) return null;
  let sharpest = -1;
  let most = -1;
  for (let bin = grid.incidentStart; bin < grid.bins; bin += 1) {
    if (gains[bin]! < BEGIN.nearly * best) continue;
    const sharp = nearAlert(bin, grid) * baselines.reduce((sum, level) => sum + stepAt(level, bin), 0);
    if (sharp >= most) [sharpest, most] = [bin, sharp];
  }
  return sharpest;
}

/**
 * How likely an incident is to begin at `bin` by the alert's time alone, 1 at that time: alerts wait a little before
 * they fire, and clocks are off by a sample.
 */
function nearAlert(bin: number, grid: Grid): number {
  const away = Math.abs(bin - grid.alert) * grid.width;
  const off = Math.max(0, away - grid.slack) / BEGIN.doubtSeconds;
  return 1 / (1 + off * off);
}

/**
 * How far a series is, right after `bin`, from both its baseline and its level right before; for the worse only. In
 * doublings of a sigma: of two steps of a very steady series, both far beyond its noise, the larger is the sharper.
 */
function stepAt(level: Baseline, bin: number): number {
  const away = departures(level, bin, bin, bin + BEGIN.stepBins);
  const ahead: number[] = [];
  for (let at = bin; at < Math.min(bin + BEGIN.stepBins, away.length); at += 1) {
    if (!Number.isNaN(away[at]!)) ahead.push(away[at]!);
  }
  if (ahead.length === 0) return 0;
  const mean = ahead.reduce((sum, value) => sum + value, 0) / ahead.length;
  return worseOnly(level, mean > 0 ? 1 : -1) ? Math.log2(1 + Math.abs(mean)) : 0;
}
