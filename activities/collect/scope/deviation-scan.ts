import pMap from 'p-map';
import { CONCURRENCY } from '../deps.js';
import type { ServiceNames } from './service-names.js';
import { queryFor, subjectLabel } from '../metrics/packs/binding.js';
import type { SignalSpec } from '../metrics/packs/schema.js';
import { isOutage, SourceError } from '../metrics/source/errors.js';
import { packsInUse, type Around } from './topology.js';

/** A rate that is to tell calm from trouble, not its second, looks over at least so many seconds. */
const STEADY_WINDOW = 120;

/** Above this many names a matcher costs more than it saves. */
const MAX_MATCHED = 500;

/**
 * How far each service's golden signals are from the calm, from two instant queries for each signal over all
 * services at once. The scale is of this function alone: it orders services, no more. What the source cannot answer
 * does not count.
 *
 * @param calm how many seconds before `around.time` all was well
 */
export async function whoMoved(
  around: Around,
  services: readonly string[],
  names: ServiceNames,
  calm: number,
): Promise<Map<string, number>> {
  const scores = new Map<string, number>();
  const spans = { ...around.spans, window: Math.max(STEADY_WINDOW, around.spans.window) };
  const matched = services.length <= MAX_MATCHED ? services : [];
  const questions = packsInUse(around.packs, around.bindings).flatMap(({ pack, binding }) =>
    pack.signals
      .filter((spec) => spec.family === 'golden' && spec.signal in DISTANCE)
      .map((spec) => ({
        spec,
        label: subjectLabel(spec, binding),
        query: queryFor(spec, pack, binding, matched, spans),
      })),
  );
  await pMap(
    questions,
    async ({ spec, label, query }) => {
      const [now, before] = await Promise.all(
        [around.time, around.time - calm].map((time) => valuesByLabel(around, query, label, time)),
      );
      for (const [raw, value] of now!) {
        const service = names.resolve(raw);
        const calmValue = before!.get(raw);
        if (service === null || calmValue === undefined) continue;
        const distance = DISTANCE[spec.signal]!(value, calmValue);
        scores.set(service, Math.max(distance, scores.get(service) ?? 0));
      }
    },
    { concurrency: CONCURRENCY },
  );
  return scores;
}

async function valuesByLabel(
  around: Around,
  query: string,
  label: string,
  time: number,
): Promise<Map<string, number>> {
  try {
    const { series } = await around.source.instant(query, time, around.options);
    return new Map(
      series.flatMap(({ labels, values }) => {
        const value = values[0];
        return value !== undefined && Number.isFinite(value) ? [[labels[label] ?? '', value] as const] : [];
      }),
    );
  } catch (error) {
    if (!(error instanceof SourceError) || isOutage(error)) throw error;
    return new Map();
  }
}

/** Doubling a latency counts like two more percent of errors; traffic moves by itself and counts half. */
const DISTANCE: Partial<Record<SignalSpec['signal'], (now: number, calm: number) => number>> = {
  latency: (now, calm) => Math.abs(Math.log2((now + 1e-3) / (calm + 1e-3))),
  errors: (now, calm) => Math.abs(now - calm) / 0.02,
  traffic: (now, calm) => 0.5 * Math.abs(Math.log2((now + 0.1) / (calm + 0.1))),
  availability: (now, calm) => Math.abs(now - calm) * 10,
};
