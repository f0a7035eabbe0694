import { quantileNumber, type Sight } from './look.js';
import type { Reading } from './recognise.js';
import { errorRatio, latency, traffic } from './signals.js';
import { noLatency, SECONDS, unitOfLevel } from './units.js';
import { quantileIn, speaksFor, timeUnitIn, withoutLevel, wordsOf } from './words.js';

/** Gauges that a label splits into quantiles. */
export function readQuantiles({ family, quantiles, level }: Sight): Reading | string {
  const words = wordsOf(withoutLevel(family.name));
  const refusal = noLatency(words);
  if (refusal !== null) return refusal;
  const unit = unitOfLevel(words, level.median);
  if (typeof unit === 'string') return unit;
  const { label, values } = quantiles!;
  if (values.length === 0) return `\`${label}\` holds no quantile`;
  const isRequest = speaksFor('request', words);
  return {
    reasons: [`quantiles by \`${label}\``, unit.why],
    doubts: [...unit.doubts, ...(isRequest ? [] : ['nothing in its name says that it times requests'])],
    signals: values.map((value) => {
      const query = `max by ($service) (${family.name}{$selector, ${label}="${value}"})${SECONDS[unit.unit]}`;
      return latency(quantileText(quantileNumber(value)!), query);
    }),
  };
}

function quantileText(quantile: number | 'mean'): string {
  return quantile === 'mean' ? 'mean' : `p${String(Math.round(quantile * 1000) / 10).replace('.', '')}`;
}

/** Gauges and recording rules that are named after what they measure. */
export function readGauge(sight: Sight): Reading | string {
  const words = wordsOf(withoutLevel(sight.family.name));
  if (/burn|budget|objective|threshold|target/.test(words.join(' ')))
    return 'it is an objective, no measurement';
  const quantile = quantileIn(words);
  const isTimed = timeUnitIn(words) !== null || speaksFor('time', words);
  if (speaksFor('queue', words) && !speaksFor('rate', words)) return readQueue(sight, words);
  if (speaksFor('ratio', words) || (speaksFor('success', words) && words.includes('rate'))) {
    return readRatio(sight, words);
  }
  if (speaksFor('rate', words)) return readRate(sight, words);
  if (isTimed && quantile !== null) return readNamedQuantile(sight, words, quantile);
  if (speaksFor('failure', words) && words.includes('rate')) {
    return 'it may be a ratio or failures per second: its name does not tell';
  }
  return isTimed ? 'nothing says which quantile or mean it is' : 'its shape is none that is known';
}

function readNamedQuantile(
  { family, level }: Sight,
  words: readonly string[],
  quantile: number | 'mean',
): Reading | string {
  const refusal = noLatency(words);
  if (refusal !== null) return refusal;
  const unit = unitOfLevel(words, level.median);
  if (typeof unit === 'string') return unit;
  const query = `max by ($service) (${family.name}{$selector})${SECONDS[unit.unit]}`;
  return {
    reasons: [`its name says ${quantileText(quantile)} of a time`, unit.why],
    doubts: [
      ...unit.doubts,
      ...(speaksFor('request', words) ? [] : ['nothing in its name says that it times requests']),
    ],
    signals: [latency(quantileText(quantile), query)],
  };
}

function readRatio({ family, level }: Sight, words: readonly string[]): Reading | string {
  const isFailure = speaksFor('failure', words);
  const isSuccess = speaksFor('success', words);
  if (isFailure === isSuccess) return 'its name does not say of what it is the ratio';
  const isPercent = speaksFor('percent', words) || level.max > 1;
  if (level.max > 100) return 'its values are above 100, which no ratio has';
  const doubts =
    speaksFor('percent', words) === level.max > 1 ? [] : ['whether it is in percent is read off its values'];
  if (isFailure ? level.median > 0.5 * (isPercent ? 100 : 1) : level.median < 0.5 * (isPercent ? 100 : 1)) {
    doubts.push(isFailure ? 'most of it fails now' : 'little of it succeeds now');
  }
  const value = `${family.name}{$selector}${isPercent ? ' / 100' : ''}`;
  const query = isFailure ? `max by ($service) (${value})` : `1 - min by ($service) (${value})`;
  return {
    reasons: [`a ratio of ${isFailure ? 'failures' : 'successes'}${isPercent ? ' in percent' : ''}`],
    doubts,
    signals: [errorRatio(query)],
  };
}

function readRate({ family }: Sight, words: readonly string[]): Reading | string {
  if (speaksFor('failure', words)) return 'it counts failures per second, and nothing tells of how many';
  if (!speaksFor('request', words) && !words.some((word) => /^(rps|qps|tps|rpm)$/.test(word))) {
    return 'nothing says that it counts requests';
  }
  const perSecond = words.includes('rpm') ? ' / 60' : '';
  return {
    reasons: ['its name says requests per time'],
    signals: [traffic(`sum by ($service) (${family.name}{$selector})${perSecond}`)],
  };
}

function readQueue({ family }: Sight, words: readonly string[]): Reading | string {
  if (speaksFor('limit', words)) return 'it is a setting of a queue, or counts what went through it';
  const unit = timeUnitIn(words);
  return {
    reasons: [unit === null ? 'what waits in a queue' : `how far something is behind, in ${unit}`],
    signals: [
      {
        id: `waiting-${words.join('-').replace(/[^a-z0-9]+/g, '-')}`,
        name: words.join(' '),
        signal: 'saturation',
        unit: unit === null ? 'items' : 's',
        worse: 'up',
        isServed: false,
        query: `${unit === null ? 'sum' : 'max'} by ($service) (${family.name}{$selector})${unit === null ? '' : SECONDS[unit]}`,
      },
    ],
  };
}
