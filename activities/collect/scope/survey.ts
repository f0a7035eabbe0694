import { groups } from 'd3-array';
import type { Config } from '../../../config/schema.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import type { Gap } from '../../../model/gap.js';
import type { CallEdge } from '../../../model/graph.js';
import type { Binding } from '../../../model/reading.js';
import type { SignalKind } from '../../../model/series.js';
import { merged } from '../gaps.js';
import { queryFor, subjectLabel } from '../metrics/packs/binding.js';
import { detectPacks } from '../metrics/packs/detect.js';
import type { Pack, SignalSpec } from '../metrics/packs/schema.js';
import { isOutage, SourceError } from '../metrics/source/errors.js';
import { askEach, partFor, partsOf, patienceFor, servicesCovered } from '../metrics/source/parts.js';
import type { AskOptions, MetricsSource } from '../metrics/source/source.js';
import { surveySlices, type SurveyedSlices } from '../slices/survey-slices.js';
import { findLabels, type FoundLabel } from './estate.js';
import { displayNames } from './service-names.js';
import { packsInUse, readTopology, type Around } from './topology.js';
import { rateWindowFor, sampleInterval, spansFor, stepFor } from './window.js';

export interface SurveyDeps {
  source: MetricsSource;
  packs: readonly Pack[];
  config: Config;
}

/** One signal of one service, as it is read now. */
export interface SurveyedSignal {
  signal: SignalKind;
  /** `latency p95`. */
  name: string;
  /** Of work that is served, as opposed to the service's own state. */
  served: boolean;
  pack: string;
  query: string;
  /** Name of the source that has it, where there are several. */
  source?: string;
}

export interface SurveyedService {
  name: string;
  /** In the order in which packs are believed. */
  signals: SurveyedSignal[];
  calls: string[];
  calledBy: string[];
  /** By what its requests can be told apart (docs/slices.md). */
  slices: SurveyedSlices[];
  /** Kinds of fault that what is read could tell, and those that it could not. */
  faults: { told: FaultKind[]; untold: FaultKind[] };
}

/** What a metrics source holds of an estate, and what of it is read. */
export interface Survey {
  packs: string[];
  /** Of several sources each with the packs that are read there; empty where there is one. */
  sources: { name: string; packs: string[]; answers: boolean }[];
  services: SurveyedService[];
  calls: CallEdge[];
  /** Which labels tell cluster, namespace, region, version and pod. */
  labels: FoundLabel[];
  /** What was asked and not answered. */
  gaps: Gap[];
}

/** What one query found: a service by the name that its label holds. */
export interface FoundSignal {
  raw: string;
  pack: Pack;
  binding: Binding;
  spec: SignalSpec;
}

/**
 * Asks each signal of the packs in use for all services at once, as of now. A query that the source refuses is among
 * the refusals.
 *
 * @throws SourceError when the source as a whole does not answer, or refuses every query, as a recording does
 */
export async function measuredNow(
  { source, packs, config }: SurveyDeps,
  now: number,
  { signal = new AbortController().signal, ...asking }: AskOptions = {},
): Promise<{ found: FoundSignal[]; refusals: SourceError[]; around: Around; away: string[]; gaps: Gap[] }> {
  // An outage of all is an error here: whoever asks can ask again.
  const limits = { ...asking, ...patienceFor(partsOf(source).length, { signal, canRetry: () => true }) };
  const window = { start: now - config.diagnosis.baselineSeconds, end: now };
  const { bindings, away, gaps } = await detectPacks(source, packs, {
    ...limits,
    use: config.packs.use,
    window,
  });
  const { interval } = await sampleInterval(source, packs, bindings, now, limits);
  const spans = spansFor(config.diagnosis, rateWindowFor(interval, stepFor(config.diagnosis, interval)));
  const questions = packsInUse(packs, bindings).flatMap(({ pack, binding }) =>
    pack.signals.filter((spec) => spec.of === 'service').map((spec) => ({ pack, binding, spec })),
  );
  const refusals: SourceError[] = [];
  const found = await askEach(
    questions,
    ({ binding }) => binding,
    async ({ pack, binding, spec }) => {
      const part = partFor(source, binding);
      try {
        const { series } = await part.instant(queryFor(spec, pack, binding, [], spans), now, limits);
        const label = subjectLabel(spec, binding);
        // No traffic makes a ratio or a quantile that is no number: nothing is known then.
        return series
          .filter(({ labels, values }) => labels[label] && !values.every(Number.isNaN))
          .filter(({ labels }) => servicesCovered(part, [labels[label]!]).length > 0)
          .map(({ labels }) => ({ raw: labels[label]!, pack, binding, spec }));
      } catch (error) {
        if (!(error instanceof SourceError) || (isOutage(error) && partsOf(source).length === 1)) throw error;
        refusals.push(error);
        return [];
      }
    },
  );
  if (refusals.length > 0 && refusals.length === questions.length) throw refusals[0]!;
  const around = { source, packs, bindings, spans, time: now, limits };
  return { found: found.flat(), refusals, around, away, gaps };
}

/**
 * What Faultline sees of the whole source now: services with their signals, calls, and what was not answered.
 *
 * @throws SourceError when the source as a whole does not answer
 */
export async function surveyEstate(deps: SurveyDeps, now: number, asking: AskOptions = {}): Promise<Survey> {
  const { found, refusals, around, away, gaps } = await measuredNow(deps, now, asking);
  const shown = displayNames(found.map(({ raw }) => raw));
  const serving = found.filter(({ spec }) => isServed(spec)).map(({ raw }) => raw);
  const topology = await readTopology(
    around,
    serving,
    [],
    deps.config.topology,
    deps.config.services.aliases,
  );
  const calls = topology.graph.edges;
  const places = await findLabels(around);
  const sliced = await surveySlices(around);
  const services = groups(found, ({ raw }) => shown.get(raw)!).map(([name, signals]) => {
    const read = firstOfEach(signals).map(({ spec, pack, binding }) => ({
      signal: spec.signal,
      name: spec.name,
      served: isServed(spec),
      pack: pack.name,
      query: queryFor(spec, pack, binding, [name], around.spans),
      ...(binding.source !== undefined && { source: binding.source }),
    }));
    const callees = calls.filter(({ caller }) => caller === name).map(({ callee }) => callee);
    const callers = calls.filter(({ callee }) => callee === name).map(({ caller }) => caller);
    return {
      name,
      signals: read,
      calls: callees,
      calledBy: callers,
      slices: signals.map(({ raw }) => sliced.slices.get(raw)).find((one) => one !== undefined) ?? [],
      faults: faultsTold(read, callers.length > 0),
    };
  });
  return {
    packs: [...new Set(around.bindings.map(({ pack }) => pack))],
    sources: (deps.source.parts ?? []).map(({ name }) => ({
      name,
      packs: around.bindings.filter(({ source }) => source === name).map(({ pack }) => pack),
      answers: !away.includes(name),
    })),
    services: services.sort((a, b) => a.name.localeCompare(b.name)),
    calls,
    labels: places.labels,
    gaps: merged([
      ...gaps,
      ...places.gaps,
      ...sliced.gaps,
      ...topology.gaps,
      ...refusals.map(({ reason }) => ({ source: deps.source.name, what: 'a query of a pack', reason })),
    ]),
  };
}

function isServed({ family, perspective }: SignalSpec): boolean {
  return family === 'golden' && perspective === 'server';
}

/** A signal that two packs know is read by the first. */
function firstOfEach(signals: readonly FoundSignal[]): FoundSignal[] {
  const first = new Map<string, FoundSignal>();
  for (const one of signals) if (!first.has(one.spec.id)) first.set(one.spec.id, one);
  return [...first.values()];
}

/** What must be read of a service so that a kind of fault can be told from others; all of it. */
const NEEDED: Partial<Record<FaultKind, (signals: ReadonlySet<SignalKind>, isCalled: boolean) => boolean>> = {
  cpu: (signals) => signals.has('cpu'),
  memory: (signals) => signals.has('memory'),
  disk: (signals) => signals.has('disk'),
  // Told by what its callers wait longer than it takes.
  network: (signals, isCalled) => signals.has('network') || (isCalled && signals.has('latency')),
  'dependency-down': (signals) => signals.has('availability'),
  'traffic-surge': (signals) => signals.has('traffic'),
  'pool-saturation': (signals) => signals.has('connections'),
};

function faultsTold(read: readonly SurveyedSignal[], isCalled: boolean): SurveyedService['faults'] {
  const signals = new Set(read.map(({ signal }) => signal));
  const kinds = Object.entries(NEEDED) as [FaultKind, (typeof NEEDED)['cpu'] & {}][];
  const of = (isTold: boolean): FaultKind[] =>
    kinds.filter(([, needed]) => needed(signals, isCalled) === isTold).map(([kind]) => kind);
  return { told: of(true), untold: of(false) };
}
