import type { SignalKind } from '../model/series.js';
import { badness } from './evidence/finding.js';
import type { CallGraph } from './graph/call-graph.js';
import type { DiagnosisInput } from './input.js';
import { onsetAmong, isGolden, ownerOf } from './series/onset.js';
import type { Grid } from './series/grid.js';
import type { Baseline } from './series/baseline.js';
import { deviationOf, type Deviation } from './series/deviation.js';
import type { Doubt } from './one-sided.js';
import { quietness, type ServiceFacts } from './service-facts.js';
import type { Material } from './material.js';
import type { AllBooks } from './accounts/books.js';
import { partOfStory, signalsOfAlert, type Story } from './story.js';
import type { Vanished } from './vanished.js';
import type { TraceFacts } from './traces/read.js';
import type { TemplateChange } from './logs/presence.js';
import type { Outcry } from './logs/read.js';

/** All that the collectors of evidence look at. */
export interface Facts {
  books: AllBooks;
  input: DiagnosisInput;
  grid: Grid;
  graph: CallGraph;
  /** Number of the alerting service. */
  alerting: number;
  /** Bin at which the incident began; null when nothing moved. */
  begin: number | null;
  baselines: Baseline[];
  material: Material;
  moves: Deviation[];
  services: ServiceFacts[];
  hosts: Map<string, Deviation[]>;
  traces: TraceFacts | null;
  /** What services complain of in their logs since it began. */
  outcries: Outcry[];
  /** Kinds of lines that services no longer write, or write far more often. */
  templateChanges: TemplateChange[];
  story: Story;
  /** How far the symptom of a call is the caller's own. */
  doubt: Doubt;
  /** Services that stopped reporting, by number. */
  vanished: Map<number, Vanished>;
  /** Calm traffic of each service; null when it is not measured. */
  traffic: (number | null)[];
}

/** When it began: see `onsetAmong`. */
export function onsetOfIncident(input: DiagnosisInput, baselines: Baseline[], grid: Grid): number | null {
  const signals = signalsOfAlert(input.anomaly.symptom);
  const own = baselines.filter(
    ({ series }) => ownerOf(series.subject) === input.anomaly.service && signals.includes(series.signal),
  );
  return onsetAmong(own, baselines, grid);
}

export function deviationsOf(baselines: Baseline[], begin: number | null, grid: Grid): Deviation[] {
  if (begin === null) return [];
  return baselines.flatMap((level) => deviationOf(level, begin, grid) ?? []);
}

export function serviceFacts(baselines: Baseline[], moves: Deviation[], graph: CallGraph): ServiceFacts[] {
  const facts = graph.names.map((): ServiceFacts => ({
    symptoms: [],
    calls: [],
    resources: [],
    traffic: null,
    quieter: null,
    seen: new Set(),
    measuresItself: false,
    told: [],
    loudness: 0,
  }));
  for (const level of baselines) {
    const { series } = level;
    if (isDead(level)) continue;
    if (series.subject.kind === 'service') {
      const own = factsOf(facts, graph, series.subject.service);
      own?.seen.add(series.signal);
      if (own !== undefined && series.signal === 'latency' && series.perspective === 'server')
        own.measuresItself = true;
    }
    if (series.subject.kind === 'edge') factsOf(facts, graph, series.subject.callee)?.seen.add(series.signal);
  }
  for (const move of moves) {
    const { subject, signal, perspective } = move.series;
    if (subject.kind === 'host') continue;
    if (subject.kind === 'edge') {
      if (!isGolden(signal) || badness(move) === 0) continue;
      factsOf(facts, graph, subject.callee)?.symptoms.push(move);
      factsOf(facts, graph, subject.caller)?.calls.push(move);
      continue;
    }
    const own = factsOf(facts, graph, subject.service);
    if (own === undefined) continue;
    if (isGolden(signal)) {
      if (badness(move) > 0) (perspective === 'client' ? own.calls : own.symptoms).push(move);
      continue;
    }
    if (signal === 'traffic' && (own.traffic?.strength ?? -1) < move.strength) own.traffic = move;
    if (move.sign === -1 && isActivity(signal) && quietness(move) > quietness(own.quieter))
      own.quieter = move;
    if (signal !== 'traffic' && badness(move) > 0) own.resources.push(move);
  }
  for (const own of facts) {
    own.symptoms.sort(louder);
    own.calls.sort(louder);
    own.resources = strongestOfEachSignal(own.resources.sort(louder));
  }
  return facts;
}

/** What a service does when it is asked, rather than what it holds. */
function isActivity(signal: SignalKind): boolean {
  return signal === 'traffic' || signal === 'network' || signal === 'other';
}

/** A share of successes that is always zero measures nothing. */
function isDead({ series, flat, centre }: Baseline): boolean {
  return flat && series.unit === '1' && series.worse === 'down' && centre < DEAD_BELOW;
}
const DEAD_BELOW = 0.01;

function factsOf(facts: ServiceFacts[], graph: CallGraph, service: string): ServiceFacts | undefined {
  const index = graph.indexOf.get(service);
  return index === undefined ? undefined : facts[index];
}

/** Louder first; equal ones by their series, so that no order of the input shows. */
export function louder(left: Deviation, right: Deviation): number {
  return right.strength - left.strength || (left.series.id < right.series.id ? -1 : 1);
}

function strongestOfEachSignal(moves: Deviation[]): Deviation[] {
  const signals = new Set<SignalKind>();
  return moves.filter(({ series }) => {
    if (signals.has(series.signal)) return false;
    signals.add(series.signal);
    return true;
  });
}

/** Moves of each host, strongest first. */
export function hostFacts(moves: Deviation[]): Map<string, Deviation[]> {
  const hosts = new Map<string, Deviation[]>();
  for (const move of moves) {
    const { subject } = move.series;
    if (subject.kind !== 'host' || badness(move) === 0) continue;
    const list = hosts.get(subject.host) ?? [];
    list.push(move);
    hosts.set(subject.host, list);
  }
  for (const list of hosts.values()) list.sort(louder);
  return hosts;
}

/** Tells each service how loud it is in the alert's story. */
export function hear(services: ServiceFacts[], story: Story, doubt: Doubt): void {
  for (const own of services) {
    own.told = own.symptoms.map((move) => move.strength * partOfStory(move, story) * (1 - doubt(move)));
    own.loudness = Math.max(0, ...own.told);
  }
}
