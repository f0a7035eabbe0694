import { openTraceSource } from '../../activities/collect/traces/open.js';
import type { RawTrace, TraceSource } from '../../activities/collect/traces/source.js';
import { BadCredentials, NotASource } from '../../activities/collect/metrics/source/errors.js';
import type { TraceSourceConfig } from '../../config/traces.js';
import { count, wholePercent } from '../../model/wording.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

/** What is looked at, and how long one source may take for it: a person waits. */
const LATELY_SECONDS = 900;
const TIMEOUT_MS = 15_000;
/** Services whose traces are looked at, and traces of each. */
const SERVICES_SEEN = 5;
const TRACES_SEEN = 20;

/** Whether sources of traces answer, and whether their traces lead from service to service. */
export async function examineTraces(sources: readonly TraceSourceConfig[]): Promise<Finding[]> {
  return Promise.all(
    sources.map(async (config, index): Promise<Finding> => {
      const source = openTraceSource(config);
      try {
        const told = await seen(source, `traces[${index}]`);
        return { area: 'traces', subject: `source '${config.name}'`, ...told };
      } finally {
        source.close();
      }
    }),
  );
}

async function seen(source: TraceSource, setting: string): Promise<Told> {
  const limits = { signal: AbortSignal.timeout(TIMEOUT_MS) };
  const until = Date.now() / 1000;
  const window = { from: until - LATELY_SECONDS, until };
  try {
    const services = await source.services(window, limits);
    const step = Math.max(1, Math.floor(services.length / SERVICES_SEEN));
    const some = services.filter((_, i) => i % step === 0).slice(0, SERVICES_SEEN);
    const traces = new Map<string, RawTrace>();
    for (const service of some) {
      const query = { ...window, service, operation: null, which: 'any', most: TRACES_SEEN } as const;
      for (const trace of (await source.find(query, limits)).traces) traces.set(trace.traceId, trace);
    }
    return toldBy(services.length, [...traces.values()], some.length);
  } catch (error) {
    if (error instanceof BadCredentials) return failed(reasonOf(error), `check ${setting}.auth`);
    const what = error instanceof NotASource ? 'type and address' : 'address and the network to it';
    return failed(reasonOf(error), `check ${setting}: ${what}`);
  }
}

function toldBy(services: number, traces: readonly RawTrace[], asked: number): Told {
  const lately = `in the last ${LATELY_SECONDS / 60} min`;
  if (traces.length === 0) {
    const remedy = 'check that services send their spans there; a diagnosis does without traces until then';
    return warning(`it answers, and has no trace of ${count(services, 'service')} ${lately}`, remedy);
  }
  const servicesOf = ({ spans }: RawTrace) => new Set(spans.map(({ resource }) => resource['service.name']));
  const across = traces.filter((trace) => servicesOf(trace).size > 1).length;
  const share = wholePercent(across / traces.length);
  const seen = `${count(traces.length, 'trace')} of ${asked} of them ${lately}`;
  const words = `${count(services, 'service')}; ${share} of ${seen} lead through several services`;
  if (across > 0 || services <= 1) return ok(words);
  const remedy =
    'let services hand on the trace context (W3C traceparent), so that a request can be followed';
  return warning(words, remedy);
}
