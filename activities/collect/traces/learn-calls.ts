import type { TraceSourceConfig } from '../../../config/traces.js';
import type { Gap } from '../../../model/gap.js';
import type { CallEdge, ServiceGraph } from '../../../model/graph.js';
import { callsIn } from '../../../analysis/traces/calls.js';
import type { Limits } from '../attempt.js';
import { gapOf, merged } from '../gaps.js';
import type { ServiceNames } from '../scope/service-names.js';
import { openTraceSource } from './open.js';
import { entriesOf } from './plan.js';
import { readTrace, SpanServices } from './read-trace.js';
import type { TraceSource } from './source.js';
import { SpanTableBuilder } from './span-table.js';

/** Sources that count calls do so by the day where a job counts them. */
const COUNTED_SECONDS = 86_400;
/** Traces of the alerting service in this time before are read, and so many. */
const SAMPLED_SECONDS = 1_800;
const SAMPLED_TRACES = 40;

const WHAT = 'calls between services';

/** The plan of a diagnosis waits no longer for one source, and does not try again: its calls are of use, not a need. */
const MOST_SECONDS = 15;

/**
 * Who calls whom by the configured sources of traces: as the source has counted (Jaeger's dependencies), and in some
 * traces of the alerting service. A source that is away or slow is a gap.
 *
 * @param time the calls before it, unix seconds
 */
export async function learnCalls(
  configs: readonly TraceSourceConfig[],
  scope: { service: string; graph: ServiceGraph },
  names: ServiceNames,
  time: number,
  limits: Limits,
): Promise<{ calls: CallEdge[]; gaps: Gap[] }> {
  const gaps: Gap[] = [];
  const learnt = await Promise.all(
    configs.map(async (config): Promise<CallEdge[]> => {
      const source = openTraceSource(config);
      const deadline = AbortSignal.timeout(MOST_SECONDS * 1000);
      const once: Limits = { signal: AbortSignal.any([limits.signal, deadline]) };
      const orGap = async (asking: Promise<Pair[]>): Promise<Pair[]> => {
        try {
          return await asking;
        } catch (error) {
          const isLate = deadline.aborted && !limits.signal.aborted;
          const reason = `no answer within ${MOST_SECONDS} s`;
          gaps.push(
            isLate ? { source: source.name, what: WHAT, reason } : gapOf(error, once, source.name, WHAT),
          );
          return [];
        }
      };
      try {
        const pairs = [
          ...(await orGap(countedCalls(source, names, time, once))),
          ...(await orGap(sampledCalls(source, scope, names, time, once))),
        ];
        const learntFrom = { source: `traces of ${source.name}`, seenAt: time };
        return pairs
          .filter(([caller, callee]) => caller !== callee)
          .map(([caller, callee]) => ({ caller, callee, learntFrom }));
      } finally {
        source.close();
      }
    }),
  );
  return { calls: learnt.flat(), gaps: merged(gaps) };
}

type Pair = [caller: string, callee: string];

/** Calls between services that write spans and hand on the context. */
async function countedCalls(
  source: TraceSource,
  names: ServiceNames,
  time: number,
  limits: Limits,
): Promise<Pair[]> {
  const nameOf = (written: string): string => names.resolve(written) ?? written;
  const counted = (await source.calls({ from: time - COUNTED_SECONDS, until: time }, limits)) ?? [];
  return counted.map(({ caller, callee }) => [nameOf(caller), nameOf(callee)]);
}

/** Calls in some traces of the alerting service; also of databases, queues and whoever was not told of the context. */
async function sampledCalls(
  source: TraceSource,
  scope: { service: string; graph: ServiceGraph },
  names: ServiceNames,
  time: number,
  limits: Limits,
): Promise<Pair[]> {
  const window = { from: time - SAMPLED_SECONDS, until: time };
  const [entry] = entriesOf(scope, await source.services(window, limits), names);
  if (entry === undefined) return [];
  const [service] = entry.names;
  const query = {
    ...window,
    service: service!,
    operation: null,
    which: 'any',
    most: SAMPLED_TRACES,
  } as const;
  const { traces } = await source.find(query, limits);
  const services = new SpanServices(names);
  const table = new SpanTableBuilder();
  for (const trace of traces) {
    table.add({ id: trace.traceId, page: null, choice: 'ordinary' }, readTrace(trace, services));
  }
  return callsIn(table.build());
}

/** The graph with further calls: those that it has already stay as they were learnt. */
export function withCalls(graph: ServiceGraph, calls: readonly CallEdge[]): ServiceGraph {
  const keyOf = ({ caller, callee }: CallEdge): string => JSON.stringify([caller, callee]);
  const known = new Map(graph.edges.map((edge) => [keyOf(edge), edge]));
  for (const edge of calls) if (!known.has(keyOf(edge))) known.set(keyOf(edge), edge);
  const services = new Set([...graph.services, ...calls.flatMap(({ caller, callee }) => [caller, callee])]);
  return { ...graph, services: [...services].sort(), edges: [...known.values()] };
}
