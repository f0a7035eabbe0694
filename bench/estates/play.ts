import { randomOf } from '../../test/support/random.js';
import { CHAIN, CULPRIT, type Estate, type Outcome, type SeriesTemplate } from './estate.js';

/** Unix seconds. */
export interface Course {
  start: number;
  end: number;
  stepSeconds: number;
  /** From here on the culprit is slow and fails. */
  onset: number;
}

const REQUESTS_PER_SECOND = 12;
/** What a request costs each service by itself, seconds. */
const OWN_SECONDS: Record<string, number> = { frontend: 0.02, orders: 0.03, payment: 0.025 };
const FAULT = { extraSeconds: 0.8, failedShare: 0.3 };
/** Of failures of a callee so many become failures of the caller: some are tried again. */
const PASSED_ON = 0.9;
const FAILED_ALWAYS = 0.002;
const NOISE = 0.04;

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Shares of the requests that take so many times the mean. */
const SPREAD = [
  [0.1, 0.6],
  [0.8, 1],
  [0.1, 1.4],
] as const;

const FACTOR: Record<string, number> = { s: 1, ms: 1000, us: 1e6 };

/** What an estate's monitoring wrote, as OpenMetrics text with timestamps. */
export function playEstate(estate: Estate, course: Course): string {
  const lines = estate.series.flatMap((template) =>
    subjectsOf(template).flatMap((subject) => play(template, subject, course)),
  );
  return `${lines.join('\n')}\n# EOF\n`;
}

interface SubjectOfSeries {
  /** Whose latency and failures the values follow. */
  measured: string;
  labels: string;
}

function subjectsOf({ role, labels }: SeriesTemplate): SubjectOfSeries[] {
  const fill = (service: string, callee: string): string =>
    labels.replaceAll('$service', service).replaceAll('$callee', callee);
  switch (role) {
    case 'once':
      return [{ measured: CULPRIT, labels }];
    case 'called':
      return CHAIN.slice(0, -1).map((caller, i) => ({
        measured: CHAIN[i + 1]!,
        labels: fill(caller, CHAIN[i + 1]!),
      }));
    case 'each':
    case 'served':
      return CHAIN.map((service) => ({ measured: service, labels: fill(service, '') }));
  }
}

function isFaulty(time: number, { onset }: Course): boolean {
  return time >= onset;
}

/** Seconds that a request takes: its own and those of the services that it waits for. */
function secondsAt(service: string, time: number, course: Course): number {
  const waits = CHAIN.slice(CHAIN.indexOf(service as (typeof CHAIN)[number]));
  const extra = isFaulty(time, course) ? FAULT.extraSeconds : 0;
  return waits.reduce((sum, one) => sum + OWN_SECONDS[one]! + (one === CULPRIT ? extra : 0), 0);
}

function failedShareAt(service: string, time: number, course: Course): number {
  if (!isFaulty(time, course)) return FAILED_ALWAYS;
  const hops = CHAIN.length - 1 - CHAIN.indexOf(service as (typeof CHAIN)[number]);
  return FAULT.failedShare * PASSED_ON ** hops;
}

function shareOf(outcome: Outcome, failed: number): number {
  return outcome === 'all' ? 1 : outcome === 'failed' ? failed : 1 - failed;
}

/** The samples of one series of a template, or of the several that a histogram is. */
function play(template: SeriesTemplate, { measured, labels }: SubjectOfSeries, course: Course): string[] {
  const { metric, kind, argument, outcome } = template;
  const random = randomOf(
    Array.from(metric + labels).reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) | 0, 7),
  );
  const noisy = (value: number): number => value * random.between(1 - NOISE, 1 + NOISE);
  const factor = FACTOR[argument] ?? 1;
  const total = { count: 0, sum: 0, buckets: BOUNDS.map(() => 0), cpu: 0 };
  const lines: string[] = [];
  for (let time = course.start; time <= course.end; time += course.stepSeconds) {
    const write = (suffix: string, value: number, further = ''): void => {
      lines.push(`${metric}${suffix}{${labels}${further}} ${value} ${time}`);
    };
    const failed = failedShareAt(measured, time, course);
    const requests = noisy(REQUESTS_PER_SECOND) * course.stepSeconds * shareOf(outcome, failed);
    const seconds = noisy(secondsAt(measured, time, course));
    total.count += requests;
    total.sum += requests * seconds;
    total.cpu += noisy(0.1) * course.stepSeconds;
    for (const [share, times] of SPREAD) {
      BOUNDS.forEach((bound, i) => {
        if (seconds * times <= bound) total.buckets[i]! += requests * share;
      });
    }
    const values: Record<string, () => void> = {
      histogram: () => {
        BOUNDS.forEach((bound, i) => write('_bucket', total.buckets[i]!, `,le="${bound * factor}"`));
        write('_bucket', total.count, ',le="+Inf"');
        values.mean!();
      },
      mean: () => {
        write('_count', total.count);
        write('_sum', total.sum * factor);
      },
      counter: () => write('', total.count),
      busy: () => write('', total.sum * factor),
      cpu: () => write('', total.cpu),
      rate: () => write('', noisy(REQUESTS_PER_SECOND) * shareOf(outcome, failed)),
      'error-ratio': () => write('', noisy(failed)),
      latency: () => write('', seconds * factor),
      fills: () => write('', isFaulty(time, course) ? Number(argument) : noisy(Number(argument) * 0.2)),
      constant: () => write('', Number(argument)),
    };
    const valuesOfKind = values[kind];
    if (!valuesOfKind) throw new Error(`${metric}: there is no kind of values ${kind}`);
    valuesOfKind();
  }
  return lines;
}
