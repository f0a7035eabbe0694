import type { Recording } from './record.js';

/** How far a service is from its calm after the onset. */
export interface Symptoms {
  latency: boolean;
  errors: boolean;
  traffic: boolean;
  /** The larger, the more there is to see: share of calm latency gained, plus ten times the share of errors. */
  size: number;
}

/** What one service answered: by tick, and its latencies by sample. */
export interface Answers extends Pick<Recording, 'from' | 'tickSeconds' | 'perSample'> {
  requests: Float64Array;
  errors: Float64Array;
  latency: number[][];
}

/** From a recording, or from two that follow each other: what began in the first may end in the second. */
export function answersOf(index: number, first: Recording, second?: Recording): Answers {
  const { from, tickSeconds, perSample, service, serverLatency } = first;
  const more = second?.service;
  const sum = (one: Float64Array, other: Float64Array | undefined): Float64Array =>
    other === undefined ? one : one.map((value, tick) => value + other[tick]!);
  return {
    from,
    tickSeconds,
    perSample,
    requests: sum(service.requests[index]!, more?.requests[index]),
    errors: sum(service.errors[index]!, more?.errors[index]),
    latency:
      second === undefined
        ? serverLatency[index]!
        : serverLatency[index]!.map((values, sample) => values.concat(second.serverLatency[index]![sample]!)),
  };
}

/** Compares what the service answered in the samples before and after the onset. */
export function symptomsOf(answers: Answers, onsetTick: number): Symptoms {
  const onset = Math.ceil(onsetTick / answers.perSample);
  const samples = answers.latency;
  const before = momentsOf(
    samples.slice(
      Math.max(0, onset - Math.max(4, Math.ceil(600 / (answers.perSample * answers.tickSeconds)))),
      Math.max(1, onset - 1),
    ),
  );
  const after = momentsOf(samples.slice(onset));
  const errors = shareBetween(answers, onsetTick);
  const noise = Math.sqrt(
    before.variance / Math.max(1, before.count) + after.variance / Math.max(1, after.count),
  );
  const gained = after.mean - before.mean;
  const latency =
    after.count >= 20 &&
    ((gained > 0.15 * before.mean && gained > 4 * noise) ||
      (after.p90 > 1.25 * before.p90 && gained > 2 * noise));
  const failing = errors.after - errors.before;
  const deviation = Math.sqrt(
    (errors.before * (1 - errors.before) + 0.25 / Math.max(1, errors.count)) / Math.max(1, errors.count),
  );
  return {
    latency,
    errors: failing > 0.01 && failing > 4 * deviation,
    traffic: errors.rateAfter > 1.6 * errors.rateBefore,
    size: Math.max(0, gained / Math.max(before.mean, 1e-6)) + 10 * Math.max(0, failing),
  };
}

export function isFelt({ latency, errors }: Symptoms): boolean {
  return latency || errors;
}

/** Whether the world does well without the fault: hardly any errors, nobody overloaded for long. */
export function isCalm(recording: Recording, onsetTick: number): boolean {
  const samples = Math.floor(onsetTick / recording.perSample);
  return recording.serverLatency.every((latencies, index) => {
    if (shareBetween(answersOf(index, recording), onsetTick).before > (index === 0 ? 0.02 : 0.05))
      return false;
    const { count, mean, p90 } = momentsOf(latencies.slice(0, samples));
    return count < 20 || mean < 1.5 * p90;
  });
}

function momentsOf(samples: number[][]): { count: number; mean: number; variance: number; p90: number } {
  let count = 0;
  for (const values of samples) count += values.length;
  if (count === 0) return { count, mean: 0, variance: 0, p90: 0 };
  const values = new Float64Array(count);
  let sum = 0;
  let squares = 0;
  let at = 0;
  for (const sample of samples) {
    for (const value of sample) {
      values[at++] = value;
      sum += value;
      squares += value * value;
    }
  }
  values.sort();
  const mean = sum / count;
  const variance = Math.max(0, squares / count - mean ** 2);
  return { count, mean, variance, p90: values[Math.floor(0.9 * count)]! };
}

function shareBetween(
  { requests, errors, from, tickSeconds }: Answers,
  onset: number,
): { before: number; after: number; count: number; rateBefore: number; rateAfter: number } {
  const sum = (list: Float64Array, begin: number, end: number): number =>
    list.subarray(begin, end).reduce((total, value) => total + value, 0);
  const end = requests.length;
  const countBefore = sum(requests, from, onset);
  const count = sum(requests, onset, end);
  return {
    before: countBefore === 0 ? 0 : sum(errors, from, onset) / countBefore,
    after: count === 0 ? 0 : sum(errors, onset, end) / count,
    count,
    rateBefore: countBefore / ((onset - from) * tickSeconds),
    rateAfter: count / ((end - onset) * tickSeconds),
  };
}
