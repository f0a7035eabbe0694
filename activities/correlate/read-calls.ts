import { setTimeout as sleep } from 'node:timers/promises';
import { namesApart } from '../../model/identity/names.js';
import type { Limits } from '../collect/attempt.js';
import type { CollectDeps } from '../collect/deps.js';
import { detectPacks } from '../collect/metrics/packs/detect.js';
import { OutOfTime, SourceError } from '../collect/metrics/source/errors.js';
import { partsOf, patienceFor } from '../collect/metrics/source/parts.js';
import { Calls } from '../collect/scope/calls.js';
import { readEstate } from '../collect/scope/estate.js';
import { ServiceNames } from '../collect/scope/service-names.js';
import { readTopology } from '../collect/scope/topology.js';
import { rateWindowFor, sampleInterval, spansFor } from '../collect/scope/window.js';
import { KnownPlaces } from './places.js';

/** Who calls whom as far as it is known, and by which names. */
export interface KnownCalls {
  calls: Calls;
  names: ServiceNames;
  places: KnownPlaces;
  /** Names of services of their own that look alike. */
  apart: string[];
  /** What could not be read, and why; null when nothing is missing. */
  blind: string | null;
}

/** Storms ask every few seconds; which service calls which changes by the hour. */
const REMEMBER_MS = 60_000;
/** A source that is down must not hold up every round of a storm. */
const REMEMBER_FAILURE_MS = 15_000;
/** Triage places alerts with what is known rather than wait longer. */
const WAIT_MS = 5_000;
/** A slow source is read on for this long: a later round has use of it. */
const READ_SECONDS = 60;
/** Calls within this span count as calls now. */
const SPAN_SECONDS = 900;

export interface CallsReader {
  ask: (at: number, limits: Limits) => Promise<KnownCalls>;
  /** What is known without asking anybody: what was read last, else the configuration. */
  known: () => KnownCalls;
}

type CallsDeps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

/**
 * Reads which service calls which from the metrics source and the configuration, and remembers it for a minute. A
 * round waits `WAIT_MS` for it; reading goes on meanwhile, and nothing that was read is lost. Until it is done the
 * last known calls count, or those of the configuration: then `blind` says so.
 */
export function callsReader(
  deps: CallsDeps,
  { clock = Date.now, waitMs = WAIT_MS }: { clock?: () => number; waitMs?: number } = {},
): CallsReader {
  let known: { until: number; calls: KnownCalls } | null = null;
  let reading: Promise<KnownCalls> | null = null;
  const read = async (at: number): Promise<KnownCalls> => {
    try {
      const calls = await readCalls(deps, at);
      known = { calls, until: clock() + (calls.blind === null ? REMEMBER_MS : REMEMBER_FAILURE_MS) };
      return calls;
    } finally {
      reading = null;
    }
  };
  const ask: CallsReader['ask'] = async (at, { signal }) => {
    if (known && clock() < known.until) return known.calls;
    reading ??= read(at);
    const waiting = new AbortController();
    const tooLong = sleep(waitMs, null, { signal: AbortSignal.any([waiting.signal, signal]) });
    // Whichever is not waited for any more may fail unseen.
    for (const one of [reading, tooLong]) one.catch(() => undefined);
    const calls = await Promise.race([reading, tooLong]);
    waiting.abort();
    if (calls !== null) return calls;
    const reason = `${deps.source.name} is still being read after ${waitMs / 1000} s`;
    return known?.calls ?? configuredCalls(deps.config, reason);
  };
  return { ask, known: () => known?.calls ?? configuredCalls(deps.config, 'nothing was read yet') };
}

async function readCalls({ source, packs, config }: CallsDeps, at: number): Promise<KnownCalls> {
  const timer = new AbortController();
  // An outage is for a later round: then the configuration alone counts, and the answer says why.
  const limits = patienceFor(partsOf(source).length, { signal: timer.signal, canRetry: () => true });
  const timeout = setTimeout(
    () => timer.abort(new OutOfTime(READ_SECONDS, 'the time to read calls for triage')),
    READ_SECONDS * 1000,
  );
  const window = { start: at - SPAN_SECONDS, end: at };
  const { aliases } = config.services;
  try {
    const detected = await detectPacks(source, packs, { ...limits, use: config.packs.use, window });
    const { interval } = await sampleInterval(source, packs, detected.bindings, at, limits);
    const { stepSeconds = interval } = config.diagnosis;
    const spans = spansFor(config.diagnosis, rateWindowFor(interval, stepSeconds));
    const around = { source, packs, bindings: detected.bindings, spans, time: at, limits };
    const estate = await readEstate(around);
    const { graph } = await readTopology(around, detected.services, [], config.topology, aliases);
    const calls = new Calls(graph.edges.map(({ caller, callee }) => [caller, callee] as const));
    const blind = blindness(graph.edges.length, detected.away);
    const names = new ServiceNames(graph.services, aliases);
    const places = new KnownPlaces(estate.services);
    return { calls, names, places, apart: namesApart(graph.services), blind };
  } catch (error) {
    const isUnread = error instanceof SourceError || error instanceof OutOfTime;
    if (isUnread) return configuredCalls(config, `${source.name}: ${error.reason}`);
    throw error;
  } finally {
    clearTimeout(timeout);
  }
}

function blindness(calls: number, away: readonly string[]): string | null {
  if (away.length > 0) return `metrics of ${away.join(', ')} could not be read`;
  return calls > 0 ? null : 'nothing tells which service calls which';
}

function configuredCalls({ topology, services }: CollectDeps['config'], reason: string): KnownCalls {
  const configured = topology.services.flatMap(({ name, calls }) => [name, ...calls]);
  const names = new ServiceNames(configured, services.aliases);
  const calls = new Calls(
    topology.services.flatMap(({ name, calls }) => calls.map((callee) => [name, callee] as const)),
  );
  const apart = namesApart([...configured, ...Object.keys(services.aliases)]);
  return {
    calls,
    names,
    places: new KnownPlaces(),
    apart,
    blind: `who calls whom is known from the configuration only (${reason})`,
  };
}
