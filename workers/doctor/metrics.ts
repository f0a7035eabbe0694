import { BadCredentials, NotASource } from '../../activities/collect/metrics/source/errors.js';
import { DECLARED } from '../../activities/collect/scope/catalog.js';
import { partsOf } from '../../activities/collect/metrics/source/parts.js';
import type { MetricsSource } from '../../activities/collect/metrics/source/source.js';
import type { MetricsSourceConfig } from '../../config/metrics.js';
import type { Survey } from '../../activities/collect/scope/survey.js';
import type { Watch } from '../../config/watches.js';
import { count } from '../../model/wording.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

const TIMEOUT_SECONDS = 5;

export interface MetricsDeps {
  source: MetricsSource;
  /** What is read of the source now. */
  survey: (source: MetricsSource) => Promise<Survey>;
  /** How many series a watch reads now. */
  watchedSeries: (source: MetricsSource, watch: Watch) => Promise<number>;
}

/**
 * Whether each metrics source answers, what it is, and what is read of it. Of several, one that measures no service is
 * worth a look, for it may be there for hosts or databases, as long as another one does.
 */
export async function examineSources(
  configs: readonly MetricsSourceConfig[],
  deps: MetricsDeps,
): Promise<Finding[]> {
  const parts = partsOf(deps.source);
  if (parts.length === 1) return examineMetrics(configs[0]!, { ...deps, source: parts[0]! }, 'metrics');
  const each = await Promise.all(
    parts.map(async (source, i) => {
      const findings = await examineMetrics(configs[i]!, { ...deps, source }, `metrics[${i}]`);
      return findings.map((finding, j) => ({
        ...finding,
        subject: ofSource(finding.subject, source.name, j),
      }));
    }),
  );
  const isMeasured = each.some((findings) => findings[1]?.status === 'ok');
  const told: Finding[] = each.flatMap((findings) =>
    findings.map((one, i) =>
      i > 0 && one.status === 'failed' && isMeasured ? { ...one, status: 'warning' } : one,
    ),
  );
  // Catalogues are read with every source, and are of none.
  const first = (one: Finding): number =>
    told.findIndex(({ subject, seen }) => subject === one.subject && seen === one.seen);
  return told.filter((one, i) => !one.subject.startsWith(DECLARED) || first(one) === i);
}

function ofSource(subject: string, name: string, index: number): string {
  if (index === 0) return `'${name}', ${subject}`;
  return subject.startsWith(DECLARED) ? subject : `${subject} of '${name}'`;
}

/** @param setting where the source is configured: `metrics[1]` */
async function examineMetrics(
  config: MetricsSourceConfig,
  { source, survey }: MetricsDeps,
  setting: string,
): Promise<Finding[]> {
  const where = config.type === 'recording' ? config.file : new URL(config.url).host;
  const health = await answers(source, setting);
  const findings: Finding[] = [{ area: 'metrics', subject: `${config.type} ${where}`, ...health }];
  // A recording answers what an incident asked of some services, not what is asked here of all.
  if (health.status === 'failed' || config.type === 'recording') return findings;
  return [...findings, ...(await whatIsRead(() => survey(source)))];
}

async function answers(source: MetricsSource, setting: string): Promise<Told> {
  try {
    const { product, version, queryMethod } = await source.health({ timeoutSeconds: TIMEOUT_SECONDS });
    const byGet = queryMethod === 'GET' ? '; it refuses POST, so it is asked by GET' : '';
    return ok(`${product} ${version} answers${byGet}`);
  } catch (error) {
    return failed(reasonOf(error), remedyFor(error, setting));
  }
}

function remedyFor(error: unknown, setting: string): string {
  if (error instanceof BadCredentials)
    return `check ${setting}.auth, ${setting}.headers and ${setting}.tenant`;
  if (error instanceof NotASource)
    return `check ${setting}.url: it must be the base of the Prometheus HTTP API`;
  return `check ${setting}.url and the network to it; until it answers, summaries say what they could not read`;
}

async function whatIsRead(survey: () => Promise<Survey>): Promise<Finding[]> {
  const of = (subject: string, told: Told): Finding => ({ area: 'metrics', subject, ...told });
  let seen: Survey;
  try {
    seen = await survey();
  } catch (error) {
    const remedy = 'what it holds could not be read: run this again';
    return [of('packs', warning(reasonOf(error), remedy))];
  }
  const findings = [of('packs', services(seen))];
  if (findings[0]!.status === 'ok') findings.push(of('calls', calls(seen)), of('labels', labels(seen)));
  const refused = seen.gaps.map(({ what, reason }) =>
    of(what, warning(reason, 'a diagnosis does without it')),
  );
  return [...findings, ...refused];
}

const GOLDEN = ['latency', 'errors', 'traffic'] as const;

/**
 * Whether latency, errors or traffic of some service is read: whether targets are up is known of everything scraped.
 */
function services({ packs, services }: Survey): Told {
  const read = GOLDEN.map((signal) => ({
    signal,
    services: services.filter(({ signals }) => signals.some((one) => one.served && one.signal === signal)),
  }));
  const names = packs.join(', ');
  if (read.some(({ services }) => services.length > 0)) {
    const counts = read.map(({ signal, services }) => `${signal} of ${services.length}`).join(', ');
    return ok(
      `${names}: ${counts} ${read.every(({ services }) => services.length === 1) ? 'service' : 'services'}`,
    );
  }
  const remedy =
    'check that it scrapes your services; for metrics of other names keep a pack of your own (packs.files), which faultline discover --propose drafts';
  return packs.length === 0
    ? failed('no metric pack matches its metrics', remedy)
    : failed(
        `${names} ${packs.length === 1 ? 'matches' : 'match'} its metrics, but latency, errors or traffic of no service is read`,
        remedy,
      );
}

/** Without calls a diagnosis cannot follow a fault from service to service. */
function calls({ calls }: Survey): Told {
  if (calls.length > 0)
    return ok(`${count(calls.length, 'call')} between services ${calls.length === 1 ? 'is' : 'are'} known`);
  return warning(
    'no metric shows who calls whom',
    'give client metrics or span metrics a dimension that names the callee (peer.service, server.address), or write topology.services',
  );
}

const ROLES = ['cluster', 'namespace', 'region', 'version', 'pod'] as const;

/** Which labels tell where a service is; without them services of one name cannot be told apart. */
function labels({ labels }: Survey): Told {
  const told = ROLES.map((role) => {
    const found = labels.find((one) => one.role === role);
    return found ? `${role} by ${found.label} (${count(found.values, 'value')})` : `no label for ${role}`;
  });
  return ok(told.join(', '));
}
