import { BadCredentials, NotASource } from '../../activities/collect/metrics/source/errors.js';
import type { MetricsSource } from '../../activities/collect/metrics/source/source.js';
import type { MetricsSourceConfig } from '../../config/schema.js';
import type { Watch } from '../../config/watches.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

const TIMEOUT_SECONDS = 5;

export interface MetricsDeps {
  source: MetricsSource;
  /** The metric packs that the source has metrics for. */
  matchingPacks: (source: MetricsSource) => Promise<MatchingPack[]>;
  /** How many series a watch reads now. */
  watchedSeries: (source: MetricsSource, watch: Watch) => Promise<number>;
}

export interface MatchingPack {
  name: string;
  /** Whether it reads latency, errors or traffic, without which a diagnosis sees resources alone. */
  readsRequests: boolean;
}

/** Whether the metrics source answers, what it is, and which packs read it. */
export async function examineMetrics(
  config: MetricsSourceConfig,
  { source, matchingPacks }: MetricsDeps,
): Promise<Finding[]> {
  const where = config.type === 'recording' ? config.file : new URL(config.url).host;
  const health = await answers(source);
  const findings: Finding[] = [{ area: 'metrics', subject: `${config.type} ${where}`, ...health }];
  if (health.status === 'failed') return findings;
  return [...findings, { area: 'metrics', subject: 'packs', ...(await packs(() => matchingPacks(source))) }];
}

async function answers(source: MetricsSource): Promise<Told> {
  try {
    const { product, version } = await source.health({ timeoutSeconds: TIMEOUT_SECONDS });
    return ok(`${product} ${version} answers`);
  } catch (error) {
    return failed(reasonOf(error), remedyFor(error));
  }
}

function remedyFor(error: unknown): string {
  if (error instanceof BadCredentials) return 'check metrics.auth, metrics.headers and metrics.tenant';
  if (error instanceof NotASource) return 'check metrics.url: it must be the base of the Prometheus HTTP API';
  return 'check metrics.url and the network to it; until it answers, summaries say what they could not read';
}

async function packs(match: () => Promise<MatchingPack[]>): Promise<Told> {
  try {
    const matching = await match();
    const names = matching.map(({ name }) => name);
    const seen = `${names.join(', ')} ${names.length === 1 ? 'matches' : 'match'} its metrics`;
    if (matching.some(({ readsRequests }) => readsRequests)) return ok(seen);
    const remedy =
      'check that it scrapes your services; metrics of other names need a pack of your own (packs.files, packs/README.md)';
    return matching.length === 0
      ? failed('no metric pack matches its metrics', remedy)
      : warning(`${seen}, but none reads latency, errors or traffic`, remedy);
  } catch (error) {
    return warning(reasonOf(error), 'its metric names could not be listed: run this again');
  }
}
