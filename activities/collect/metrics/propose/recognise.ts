import type { TimeUnit } from '../packs/schema.js';
import { readGauge, readQuantiles } from './gauges.js';
import type { ServiceLabelSeen, Sight } from './look.js';
import type { OutcomeLabel } from './outcomes.js';
import { errorRatio, latency, traffic, type ProposedSignal } from './signals.js';
import { noLatency, SECONDS, unitOf, unitOfLevel } from './units.js';
import { speaksFor, stemOf, timeUnitIn, withoutLevel, wordsOf } from './words.js';

/** How sure it is that a metric means what is proposed: each doubt takes one step. */
export type Confidence = 'high' | 'medium' | 'low';

/** Requests that a metric counts or times, in the terms of a pack. */
export interface ProposedRequests {
  count: string;
  duration?: string;
  timedBy?: 'summary';
  unit?: TimeUnit;
  outcomes?: { count?: string; failed?: string[]; told?: string[] };
  callee?: string;
}

/** What a metric is taken for, and why. */
export interface Recognised {
  metric: string;
  stem: string;
  /** One series that is there whenever it can be read. */
  detect: string;
  service: ServiceLabelSeen;
  requests: ProposedRequests | null;
  signals: ProposedSignal[];
  /** A counter of nothing but failures, to be joined with one of all. */
  isFailures: boolean;
  reasons: string[];
  doubts: string[];
}

/** A metric that looks like something and is not offered. */
export interface LeftOut {
  metric: string;
  why: string;
}

export function isLeftOut(one: Recognised | LeftOut): one is LeftOut {
  return 'why' in one;
}

export function confidenceOf({ doubts }: Recognised): Confidence {
  return doubts.length === 0 ? 'high' : doubts.length === 1 ? 'medium' : 'low';
}

/** What one metric means by its shape, its name and its labels; or why it is not offered. */
export function recognise(sight: Sight): Recognised | LeftOut {
  const { family, service } = sight;
  const why = (text: string): LeftOut => ({ metric: family.name, why: text });
  if (service === null) return why('no label names a service');
  const read = readShape(sight);
  if (typeof read === 'string') return why(read);
  const guess = service.isGuess
    ? [`\`${service.label}\` is the best label for a service, and may name something else`]
    : [];
  const asSeen = service.isCalled ? ['it is counted by whoever calls: the way there is part of it'] : [];
  const reasons = [...read.reasons, `service by \`${service.label}\``, ...labelsTold(sight)];
  return {
    metric: family.name,
    stem: stemOf(family.name),
    detect: read.detect ?? family.name,
    service,
    requests: read.requests ?? null,
    signals: read.signals ?? [],
    isFailures: read.isFailures ?? false,
    reasons,
    doubts: [...(read.doubts ?? []), ...guess, ...asSeen],
  };
}

/** What a metric is by its shape, with reasons and doubts. */
export interface Reading {
  detect?: string;
  requests?: ProposedRequests;
  signals?: ProposedSignal[];
  isFailures?: boolean;
  reasons: string[];
  doubts?: string[];
}

function readShape(sight: Sight): Reading | string {
  switch (sight.family.shape) {
    case 'histogram':
    case 'native-histogram':
      return readTimed(sight);
    case 'summary':
      return readTimed(sight);
    case 'counter':
      return readCounter(sight);
    case 'gauge':
      if (sight.grows) return readCounter(sight);
      return sight.quantiles ? readQuantiles(sight) : readGauge(sight);
  }
}

function labelsTold({ outcome, operation, callee }: Sight): string[] {
  return [
    outcome && `outcome by \`${outcome.label}\` (${outcome.values.slice(0, 6).join(', ')})`,
    operation && `operation by \`${operation}\``,
    callee && `callee by \`${callee}\``,
  ].filter((text) => text !== null);
}

/** Calls of which only the caller is named. */
function isOneSided({ callee, service }: Sight, words: readonly string[]): boolean {
  return callee === null && service?.isCalled !== true && speaksFor('client', words);
}

/** Histograms and summaries: latency where they are of time and of requests. */
function readTimed(sight: Sight): Reading | string {
  const { family, bounds, callee, outcome, quantiles, level } = sight;
  const { name, shape } = family;
  const words = wordsOf(withoutLevel(name));
  const refusal = noLatency(words);
  if (refusal !== null) return refusal;
  const unit = shape === 'summary' ? unitOfLevel(words, level.median) : unitOf(words, bounds);
  if (typeof unit === 'string') return unit;
  if (isOneSided(sight, words)) {
    return 'it times calls, and no label names whom they call';
  }
  const doubts = [
    ...unit.doubts,
    ...(speaksFor('request', words) ? [] : ['nothing in its name says that it times requests']),
    ...(outcome?.doubt ? [outcome.doubt] : []),
  ];
  if (shape === 'native-histogram') return readNative(sight, unit.unit, doubts);
  const hasQuantiles = quantiles !== null && quantiles.values.length > 0;
  return {
    detect: `${name}_count`,
    reasons: [
      shape === 'histogram' ? 'a histogram' : hasQuantiles ? 'a summary' : 'a sum and a count',
      unit.why,
    ],
    doubts,
    requests: {
      count: `${name}_count`,
      duration: name,
      ...(shape === 'summary' && { timedBy: 'summary' as const }),
      unit: unit.unit,
      ...outcomesOf(outcome),
      ...(callee !== null && { callee }),
    },
  };
}

function readNative(sight: Sight, unit: TimeUnit, doubts: string[]): Reading {
  const { family, outcome } = sight;
  const rate = (matchers: string): string => `rate(${family.name}{${matchers}}[$window])`;
  const count = (matcher = ''): string =>
    `sum by ($service) (histogram_count(${rate(`$selector${matcher && `, ${matcher}`}`)}))`;
  const quantile = (of: number): ProposedSignal =>
    latency(
      `p${of * 100}`,
      `histogram_quantile(${of}, sum by ($service) (${rate('$selector')}))${SECONDS[unit]}`,
    );
  const failed = outcome?.failed.map((matcher) => count(matcher)).join(' or ');
  return {
    reasons: ['a native histogram', `its unit is ${unit}`],
    doubts,
    signals: [
      quantile(0.95),
      quantile(0.5),
      ...(failed === undefined ? [] : [errorRatio(`((${failed}) or 0 * ${count()})\n  / ${count()}`)]),
      traffic(count()),
    ],
  };
}

/** Counters: traffic, and errors where a label or a second counter tells what failed. */
function readCounter(sight: Sight): Reading | string {
  const { family, outcome, callee } = sight;
  const words = wordsOf(withoutLevel(family.name));
  const isRequest = speaksFor('request', words);
  const isFailures = speaksFor('failure', words);
  if (speaksFor('size', words) || timeUnitIn(words) !== null) return 'it counts no requests';
  if (isOneSided(sight, words)) {
    return 'it counts calls, and no label names whom they call';
  }
  if (!isRequest && !isFailures && outcome === null) return 'nothing says that it counts requests';
  const grown = family.shape === 'gauge' ? ['it is taken for a counter since it only grew lately'] : [];
  if (isFailures && outcome === null) {
    const requests = { count: family.name, ...(callee !== null && { callee }) };
    return { isFailures: true, requests, reasons: ['a counter of failures'], doubts: grown };
  }
  return {
    reasons: [outcome ? 'a counter that is split by outcome' : 'a counter of requests'],
    doubts: [
      ...grown,
      ...(isRequest ? [] : ['nothing in its name says that it counts requests']),
      ...(outcome?.doubt ? [outcome.doubt] : []),
    ],
    requests: { count: family.name, ...outcomesOf(outcome), ...(callee !== null && { callee }) },
  };
}

function outcomesOf(outcome: OutcomeLabel | null): Pick<ProposedRequests, 'outcomes'> {
  if (!outcome) return {};
  const { failed, told } = outcome;
  return { outcomes: { failed, ...(told.length > 0 && { told }) } };
}
