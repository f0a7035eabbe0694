import type { SignalKind } from '../model/series.js';
import { badness } from './evidence/finding.js';
import type { CallGraph } from './graph/call-graph.js';
import type { DiagnosisInput } from './input.js';
import { beginOf, isGolden, ownerOf } from './series/begin.js';
import type { Grid } from './series/grid.js';
import type { Level } from './series/level.js';
import { moveOf, type Move } from './series/movement.js';
import type { TraceFacts } from './traces/read.js';

/** What the series say about one service, strongest first in every list. */
export interface ServiceFacts {
  /** Latency, errors and availability of the work that it does for others, for the worse. */
  symptoms: Move[];
  /** The same of the calls that it makes. */
  calls: Move[];
  /** The strongest move of each resource, for the worse. */
  resources: Move[];
  traffic: Move | null;
  /** The strongest sign of doing less: traffic or resources that fell. */
  quieter: Move | null;
  /** Signals that were looked at, moved or not. */
  seen: Set<SignalKind>;
  /** Strength of the first symptom; 0 for none. */
  loudness: number;
}

/** All that the collectors of evidence look at. */
export interface Facts {
  input: DiagnosisInput;
  grid: Grid;
  graph: CallGraph;
  /** Number of the alerting service. */
  alerting: number;
  /** Bin at which the incident began; null when nothing moved. */
  begin: number | null;
  levels: Level[];
  moves: Move[];
  services: ServiceFacts[];
  hosts: Map<string, Move[]>;
  traces: TraceFacts | null;
}

/** The signals that tell the same story as the alert. */
export function signalsOfAlert(symptom: DiagnosisInput['anomaly']['symptom']): SignalKind[] {
  switch (symptom) {
    case 'latency':
      return ['latency'];
    case 'errors':
    case 'availability':
      return ['errors', 'availability'];
    case 'traffic':
      return ['traffic'];
    case 'saturation':
    case 'other':
      return ['latency', 'errors', 'availability'];
  }
}

/** When it began: see `beginOf`. */
export function beginOfIncident(input: DiagnosisInput, levels: Level[], grid: Grid): number | null {
  const signals = signalsOfAlert(input.anomaly.symptom);
  const own = levels.filter(
    ({ series }) => ownerOf(series.subject) === input.anomaly.service && signals.includes(series.signal),
  );
  return beginOf(own, levels, grid);
}

export function movesOf(levels: Level[], begin: number | null, grid: Grid): Move[] {
  if (begin === null) return [];
  return levels.flatMap((level) => moveOf(level, begin, grid) ?? []);
}

export function serviceFacts(levels: Level[], moves: Move[], graph: CallGraph): ServiceFacts[] {
  const facts = graph.names.map((): ServiceFacts => ({
    symptoms: [],
    calls: [],
    resources: [],
    traffic: null,
    quieter: null,
    seen: new Set(),
    loudness: 0,
  }));
  for (const { series } of levels) {
    if (series.subject.kind === 'service')
      factsOf(facts, graph, series.subject.service)?.seen.add(series.signal);
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
    if (move.sign === -1 && (own.quieter?.strength ?? -1) < move.strength) own.quieter = move;
    if (signal !== 'traffic' && badness(move) > 0) own.resources.push(move);
  }
  for (const own of facts) {
    own.symptoms.sort(louder);
    own.calls.sort(louder);
    own.resources = strongestOfEachSignal(own.resources.sort(louder));
    own.loudness = own.symptoms[0]?.strength ?? 0;
  }
  return facts;
}

function factsOf(facts: ServiceFacts[], graph: CallGraph, service: string): ServiceFacts | undefined {
  const index = graph.indexOf.get(service);
  return index === undefined ? undefined : facts[index];
}

/** Louder first; equal ones by their series, so that no order of the input shows. */
export function louder(left: Move, right: Move): number {
  return right.strength - left.strength || (left.series.id < right.series.id ? -1 : 1);
}

function strongestOfEachSignal(moves: Move[]): Move[] {
  const signals = new Set<SignalKind>();
  return moves.filter(({ series }) => {
    if (signals.has(series.signal)) return false;
    signals.add(series.signal);
    return true;
  });
}

/** Moves of each host, strongest first. */
export function hostFacts(moves: Move[]): Map<string, Move[]> {
  const hosts = new Map<string, Move[]>();
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
