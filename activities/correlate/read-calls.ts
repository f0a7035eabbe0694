import type { CollectDeps, Look } from '../collect/deps.js';
import { ServiceNames } from '../collect/scope/service-names.js';
import { detectPacks } from '../collect/metrics/packs/detect.js';
import { SourceError } from '../collect/metrics/source/errors.js';
import { readTopology } from '../collect/scope/topology.js';
import { rateWindowFor, sampleInterval, spansFor } from '../collect/scope/window.js';
import { Calls } from './calls.js';

/** Who calls whom as far as it is known, and by which names. */
export interface KnownCalls {
  calls: Calls;
  names: ServiceNames;
  /** What could not be read, and why; null when nothing is missing. */
  blind: string | null;
}

/** Storms ask every few seconds; who calls whom changes by the hour. */
const REMEMBER_MS = 60_000;
/** A source that is down must not hold up every round of a storm. */
const REMEMBER_FAILURE_MS = 15_000;
/** Triage would rather know less than wait longer. */
const PATIENCE_MS = 5_000;
/** Calls within this span count as calls now. */
const SPAN_SECONDS = 900;

/**
 * Reads who calls whom from the metrics source and the configuration, and remembers it for a minute. When the source
 * does not answer, the configuration's part is all there is, and `blind` says so.
 */
export function callsReader(
  deps: Pick<CollectDeps, 'source' | 'packs' | 'config'>,
  clock: () => number = Date.now,
): (at: number, look: Look) => Promise<KnownCalls> {
  let known: { until: number; calls: KnownCalls } | null = null;
  return async (at, look) => {
    if (known && clock() < known.until) return known.calls;
    const calls = await readCalls(deps, at, look);
    known = { calls, until: clock() + (calls.blind === null ? REMEMBER_MS : REMEMBER_FAILURE_MS) };
    return calls;
  };
}

async function readCalls(
  { source, packs, config }: Pick<CollectDeps, 'source' | 'packs' | 'config'>,
  at: number,
  look: Look,
): Promise<KnownCalls> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const options = { signal: AbortSignal.any([look.signal, patience]) };
  const window = { start: at - SPAN_SECONDS, end: at };
  try {
    const detected = await detectPacks(source, packs, { ...options, use: config.packs.use, window });
    const interval = await sampleInterval(source, packs, detected.bindings, at, options);
    const spans = spansFor(
      config.diagnosis,
      rateWindowFor(interval, config.diagnosis.stepSeconds ?? interval),
    );
    const around = { source, packs, bindings: detected.bindings, spans, time: at, options };
    const { graph, names } = await readTopology(around, detected.services, [], config.topology);
    const calls = new Calls(graph.edges.map(({ caller, callee }) => [caller, callee] as const));
    const blind = graph.edges.length > 0 ? null : 'nothing tells which service calls which';
    return { calls, names, blind };
  } catch (error) {
    look.signal.throwIfAborted();
    if (error instanceof SourceError)
      return configuredCalls(config.topology, `${source.name}: ${error.reason}`);
    if (patience.aborted) {
      return configuredCalls(config.topology, `${source.name} took longer than ${PATIENCE_MS / 1000} s`);
    }
    throw error;
  }
}

function configuredCalls(topology: CollectDeps['config']['topology'], reason: string): KnownCalls {
  const names = new ServiceNames(topology.services.flatMap(({ name, calls }) => [name, ...calls]));
  const calls = new Calls(
    topology.services.flatMap(({ name, calls }) => calls.map((callee) => [name, callee] as const)),
  );
  return { calls, names, blind: `who calls whom is known from the configuration only (${reason})` };
}
