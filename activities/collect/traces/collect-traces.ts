import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import { count } from '../../../model/wording.js';
import type { EvidenceRead, InvestigationSteps, SourceRequest } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';
import { gapOf, merged } from '../gaps.js';
import { ServiceNames } from '../scope/service-names.js';
import { openTraceSource } from './open.js';
import { entriesOf, planOf } from './plan.js';
import { readTrace, SpanServices } from './read-trace.js';
import { sampleTraces, type Sample } from './sample.js';
import type { TraceSource } from './source.js';
import { SpanTableBuilder } from './span-table.js';

type Deps = Pick<CollectDeps, 'config' | 'store'>;

/** The `collectTraces` activity: a sample of one configured source. A source that is away is retried, then a gap. */
export function createCollectTraces(deps: Deps): Pick<InvestigationSteps, 'collectTraces'> {
  return { collectTraces: (request) => runAttempt((attempt) => collectTraces(deps, request, attempt)) };
}

/**
 * Reads traces of the alerting service, before and since, into the evidence store; for use outside Temporal.
 *
 * @param now when they are read, unix seconds
 */
export async function collectTraces(
  deps: Deps,
  { scope, source: name }: SourceRequest,
  limits: Limits,
  now = Date.now() / 1000,
): Promise<EvidenceRead> {
  const config = deps.config.traces.find((one) => one.name === name);
  if (config === undefined) throw new RangeError(`traces: expected the name of a source, got "${name}"`);
  const source = openTraceSource(config);
  const names = new ServiceNames(scope.services, deps.config.services.aliases);
  try {
    const { traces, gaps } = await sampleFor(source, scope, names, limits, now);
    const services = new SpanServices(names);
    const table = new SpanTableBuilder();
    for (const trace of traces) {
      const { traceId: id, choice } = trace;
      table.add({ id, page: source.pageOf(id), choice }, readTrace(trace, services));
    }
    const about = `${count(table.rows, 'span')} of ${count(traces.length, 'trace')} of ${name}`;
    return { evidence: await deps.store.putTable('spans', table.build(), about), gaps: merged(gaps) };
  } finally {
    source.close();
  }
}

/** The sample of the first service on the way that has traces. */
async function sampleFor(
  source: TraceSource,
  scope: Scope,
  names: ServiceNames,
  limits: Limits,
  now: number,
): Promise<Sample> {
  const plan = planOf(scope, now);
  const gaps: Gap[] = [];
  let listed: string[];
  try {
    listed = await source.services({ from: plan.calm.from, until: plan.since.until }, limits);
  } catch (error) {
    return { traces: [], gaps: [gapOf(error, limits, source.name, 'traces')] };
  }
  for (const entry of entriesOf(scope, listed, names)) {
    const samples: Sample[] = [];
    for (const written of entry.names) samples.push(await sampleTraces(source, written, plan, limits));
    gaps.push(...samples.flatMap((one) => one.gaps));
    const traces = samples.flatMap((one) => one.traces);
    if (traces.length === 0) continue;
    if (entry.service !== scope.service) {
      const reason = `it writes no spans there; those of ${entry.service} are read instead`;
      gaps.push({ source: source.name, what: `traces of ${scope.service}`, reason });
    }
    return { traces, gaps };
  }
  const reason =
    listed.length === 0
      ? 'it holds no spans of this time'
      : `none of its ${count(listed.length, 'service')} is ${scope.service}, or calls it or is called by it`;
  return { traces: [], gaps: [...gaps, { source: source.name, what: `traces of ${scope.service}`, reason }] };
}
