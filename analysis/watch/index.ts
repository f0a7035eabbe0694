import { judgeBurnRate, type Burn } from './burn-rate.js';
import { judgeLevel, judgeSeasonal, type Strangeness } from './strange.js';
import { judgeThreshold, type Threshold } from './threshold.js';
import type { Judgement, Watched } from './watched.js';

export { advance, type Patience } from './episodes.js';
export type { Judgement, Watched } from './watched.js';

/** How a watch tells bad from well. */
export type Method =
  | ({ type: 'threshold' } & Threshold)
  | ({ type: 'burn-rate' } & Burn)
  | ({ type: 'level' } & Strangeness)
  | ({ type: 'seasonal'; days: readonly number[] } & Strangeness);

/** How a series is at a moment; reads nothing that is later. */
export function judgeAt(watched: Watched, at: number, method: Method): Judgement {
  switch (method.type) {
    case 'threshold':
      return judgeThreshold(watched, at, method);
    case 'burn-rate':
      return judgeBurnRate(watched, at, method);
    case 'level':
      return judgeLevel(watched, at, method);
    case 'seasonal':
      return judgeSeasonal(watched, at, method);
  }
}

/** Points that the longest look back should have: enough to tell, few enough to pull every minute. */
const WANTED_POINTS = 260;
const STEPS = [5, 10, 15, 30, 60, 120, 300, 600];

/** How far back a method looks, and at which distance of samples; seconds. */
export function spanOf(method: Method): { lookBackSeconds: number; stepSeconds: number } {
  const lookBackSeconds = lookBackOf(method);
  const finest = finestOf(method);
  const wanted = Math.min(lookBackSeconds / WANTED_POINTS, finest);
  return { lookBackSeconds, stepSeconds: STEPS.findLast((step) => step <= Math.max(wanted, 15)) ?? 15 };
}

function lookBackOf(method: Method): number {
  switch (method.type) {
    case 'threshold':
      return 300;
    case 'burn-rate':
      return Math.max(...method.windows.map(({ longSeconds }) => longSeconds));
    case 'level':
    case 'seasonal':
      return method.windowSeconds + method.baselineSeconds;
  }
}

/** The shortest stretch that is judged must have some samples. */
function finestOf(method: Method): number {
  switch (method.type) {
    case 'threshold':
      return 15;
    case 'burn-rate':
      return Math.min(...method.windows.map(({ shortSeconds }) => shortSeconds)) / 5;
    case 'level':
    case 'seasonal':
      return method.windowSeconds / 10;
  }
}
