import type { Gap } from '../../../model/gap.js';
import { gapOf } from '../gaps.js';
import { queryFor, subjectLabel } from '../metrics/packs/binding.js';
import type { SignalSpec } from '../metrics/packs/schema.js';
import { askEach, partFor } from '../metrics/source/parts.js';
import type { MetricsSource } from '../metrics/source/source.js';
import type { ServiceNames } from './service-names.js';
import { packsInUse, type Around } from './topology.js';

/** Rates that tell a normal state from a fault, not its second, are taken over at least so many seconds. */
const LEAST_RATE_WINDOW = 120;

/** Above this many names a matcher costs the source more than it saves. */
const MAX_MATCHED = 500;

/**
 * How far the golden signals of each service are from their baseline, from two instant queries for each signal over
 * all services at once. The scores only order services, they have no unit. What cannot be read does not count, and
 * is a gap.
 *
 * @param ago how many seconds before `around.time` the baseline is read
 */
export async function scanDeviations(
  around: Around,
  services: readonly string[],
  names: ServiceNames,
  ago: number,
): Promise<{ scores: Map<string, number>; gaps: Gap[] }> {
  const scores = new Map<string, number>();
  const gaps: Gap[] = [];
  const spans = { ...around.spans, window: Math.max(LEAST_RATE_WINDOW, around.spans.window) };
  const matched = services.length <= MAX_MATCHED ? services : [];
  const questions = packsInUse(around.packs, around.bindings).flatMap(({ pack, binding }) =>
    pack.signals
      .filter((spec) => spec.family === 'golden' && spec.signal in DEVIATION)
      .map((spec) => ({
        binding,
        spec,
        label: subjectLabel(spec, binding),
        query: queryFor(spec, pack, binding, matched, spans),
      })),
  );
  await askEach(
    questions,
    ({ binding }) => binding,
    async ({ binding, spec, label, query }) => {
      const source = partFor(around.source, binding);
      try {
        const [now, before] = await Promise.all([
          valuesByLabel(source, around, query, label, around.time),
          valuesByLabel(source, around, query, label, around.time - ago),
        ]);
        for (const [raw, value] of now) {
          const service = names.resolve(raw);
          const baseline = before.get(raw);
          if (service === null || baseline === undefined) continue;
          const deviation = DEVIATION[spec.signal]!(value, baseline);
          scores.set(service, Math.max(deviation, scores.get(service) ?? 0));
        }
      } catch (error) {
        gaps.push(gapOf(error, around.limits, source.name, 'which services deviate most'));
      }
    },
  );
  return { scores, gaps };
}

async function valuesByLabel(
  source: MetricsSource,
  { limits }: Pick<Around, 'limits'>,
  query: string,
  label: string,
  time: number,
): Promise<Map<string, number>> {
  const { series } = await source.instant(query, time, limits);
  return new Map(
    series.flatMap(({ labels, values }) => {
      const value = values[0];
      return value !== undefined && Number.isFinite(value) ? [[labels[label] ?? '', value] as const] : [];
    }),
  );
}

/** A doubled latency counts as much as two more percent of errors; traffic varies by itself and counts half. */
const DEVIATION: Partial<Record<SignalSpec['signal'], (now: number, baseline: number) => number>> = {
  latency: (now, baseline) => Math.abs(Math.log2((now + 1e-3) / (baseline + 1e-3))),
  errors: (now, baseline) => Math.abs(now - baseline) / 0.02,
  traffic: (now, baseline) => 0.5 * Math.abs(Math.log2((now + 0.1) / (baseline + 0.1))),
  availability: (now, baseline) => Math.abs(now - baseline) * 10,
};
