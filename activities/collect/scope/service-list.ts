import pMap from 'p-map';
import type { Config } from '../../../config/schema.js';
import type { Aliases } from '../../../model/identity/aliases.js';
import type { SignalKind } from '../../../model/series.js';
import { CONCURRENCY } from '../deps.js';
import { displayNames, ServiceNames } from './service-names.js';
import { queryFor, subjectLabel, type Spans } from '../metrics/packs/binding.js';
import { detectPacks } from '../metrics/packs/detect.js';
import type { Pack } from '../metrics/packs/schema.js';
import { isOutage, SourceError } from '../metrics/source/errors.js';
import type { AskOptions, MetricsSource } from '../metrics/source/source.js';
import { packsInUse } from './topology.js';
import { rateWindowFor, sampleInterval, spansFor, stepFor } from './window.js';

/** A service by the name that a diagnosis gives it, and what is measured of it now. */
export interface MeasuredService {
  name: string;
  /** In the order of the packs' signals, each once. */
  signals: SignalKind[];
}

/**
 * The services that the source has metrics of now, by name: what one query for each signal of the packs answers for all
 * services at once. A query that the source refuses counts as no answer.
 *
 * @throws SourceError when the source as a whole does not answer, or refuses every query, as a recording does
 */
export async function listServices(
  { source, packs, config }: { source: MetricsSource; packs: readonly Pack[]; config: Config },
  now: number,
  { signal = new AbortController().signal, ...asking }: AskOptions = {},
): Promise<MeasuredService[]> {
  // An outage is an error here: whoever asks can ask again.
  const options = { ...asking, signal, canRetry: () => true };
  const window = { start: now - config.diagnosis.baselineSeconds, end: now };
  const { bindings } = await detectPacks(source, packs, { ...options, use: config.packs.use, window });
  const { interval } = await sampleInterval(source, packs, bindings, now, options);
  const spans = spansFor(config.diagnosis, rateWindowFor(interval, stepFor(config.diagnosis, interval)));
  const questions = packsInUse(packs, bindings).flatMap(({ pack, binding }) =>
    pack.signals
      .filter((spec) => spec.of === 'service')
      .map((spec) => ({ pack, binding, spec, label: subjectLabel(spec, binding) })),
  );
  const answers = await pMap(
    questions,
    async ({ pack, binding, spec, label }) => {
      const query = queryFor(spec, pack, binding, [], spans satisfies Spans);
      const raw = await subjects(source, query, label, now, options);
      return raw instanceof SourceError ? raw : raw.map((name) => ({ name, signal: spec.signal }));
    },
    { concurrency: CONCURRENCY },
  );
  const [refusal] = answers.filter((answer) => answer instanceof SourceError);
  if (refusal && answers.every((answer) => answer instanceof SourceError)) throw refusal;
  return gathered(answers.flatMap((answer) => (answer instanceof SourceError ? [] : answer)));
}

/** Whether a name means one of the services, by the rules of a diagnosis; the service's own name, or null. */
export function matchingService(
  services: readonly MeasuredService[],
  name: string,
  aliases: Aliases = {},
): string | null {
  return new ServiceNames(
    services.map((service) => service.name),
    aliases,
  ).resolve(name);
}

async function subjects(
  source: MetricsSource,
  query: string,
  label: string,
  time: number,
  options: AskOptions,
): Promise<string[] | SourceError> {
  try {
    const { series } = await source.instant(query, time, options);
    return series.flatMap(({ labels }) => (labels[label] ? [labels[label]] : []));
  } catch (error) {
    if (!(error instanceof SourceError) || isOutage(error)) throw error;
    return error;
  }
}

function gathered(found: readonly { name: string; signal: SignalKind }[]): MeasuredService[] {
  const shown = displayNames(found.map(({ name }) => name));
  const services = new Map<string, Set<SignalKind>>();
  for (const { name: raw, signal } of found) {
    const name = shown.get(raw) ?? raw;
    services.set(name, (services.get(name) ?? new Set()).add(signal));
  }
  return [...services]
    .map(([name, signals]) => ({ name, signals: [...signals] }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
