import type { Aliases } from '../../../model/identity/aliases.js';
import type { SignalKind } from '../../../model/series.js';
import type { AskOptions } from '../metrics/source/source.js';
import { displayNames, ServiceNames } from './service-names.js';
import { measuredNow, type SurveyDeps } from './survey.js';

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
  deps: SurveyDeps,
  now: number,
  asking: AskOptions = {},
): Promise<MeasuredService[]> {
  const { found } = await measuredNow(deps, now, asking);
  return gathered(found.map(({ raw, spec }) => ({ name: raw, signal: spec.signal })));
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
