import { listServices, loadPacks, matchingService, openSource } from '../../activities/collect/index.js';
import type { CliDependencies } from '../../client/cli/context.js';

/** A person waits for it; a source that takes longer is not asked further. */
const TIMEOUT_MS = 20_000;

/** The services of the configured metrics source, and which of them `wanted` means. */
export const knownServices: CliDependencies['knownServices'] = async (config, wanted) => {
  const source = await openSource(config.metrics);
  try {
    const { aliases } = config.services;
    const packs = await loadPacks(config.packs.files);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const measured = await listServices({ source, packs, config }, Math.floor(Date.now() / 1000), { signal });
    const named = config.topology.services
      .filter(({ name }) => matchingService(measured, name, aliases) === null)
      .map(({ name }) => ({ name, signals: [] }));
    const services = [...measured, ...named];
    return { services, match: wanted === undefined ? null : matchingService(services, wanted, aliases) };
  } finally {
    source.close();
  }
};
