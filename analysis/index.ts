import type { Diagnosis, Evidence, Suspect } from '../model/diagnosis.js';
import { buildCallGraph } from './graph/call-graph.js';
import type { DiagnosisInput } from './input.js';
import { gridOf } from './series/grid.js';
import { moveOf } from './series/movement.js';
import { RULES_VERSION } from './weights.js';

export { RULES_VERSION } from './weights.js';
export type { DiagnosisInput } from './input.js';

/**
 * Finds where an incident began, what kind of fault it is and how sure that is, from what was seen.
 * Pure and deterministic to the byte: the same input gives the same diagnosis on every machine.
 */
export function diagnose(input: DiagnosisInput): Diagnosis {
  const grid = gridOf(input);
  const moves = input.series.flatMap((series) => moveOf(series, grid) ?? []);
  const services = new Set<string>([input.anomaly.service]);
  for (const { subject } of input.series) {
    if (subject.kind === 'service') services.add(subject.service);
    if (subject.kind === 'edge') services.add(subject.callee);
  }
  const graph = buildCallGraph(input.graph, services);
  const scores = new Map<string, { score: number; evidence: Evidence[] }>();
  for (const move of moves) {
    const { subject } = move.series;
    const service =
      subject.kind === 'service' ? subject.service : subject.kind === 'edge' ? subject.callee : null;
    if (service === null || move.surprise < 2) continue;
    const weight = Math.log2(1 + move.sigmas);
    const entry = scores.get(service) ?? { score: 0, evidence: [] };
    entry.score = Math.max(entry.score, weight);
    entry.evidence.push({
      observation: `series ${move.series.id}`,
      kind: 'local-symptom',
      stance: 'for',
      weight,
      statement: `${move.series.name} of ${service} went from ${move.before.toPrecision(3)} to ${move.after.toPrecision(3)}.`,
      movement: {
        before: move.before,
        after: move.after,
        unit: move.series.unit,
        direction: move.sign === 1 ? 'up' : 'down',
        onset: { time: move.onset, uncertaintySeconds: move.onsetUncertainty },
        surprise: 10 ** -move.surprise,
      },
      series: metaOf(move.series),
      changeId: null,
    });
    scores.set(service, entry);
  }
  const ranking = graph.names
    .map((service) => ({ service, score: scores.get(service)?.score ?? 0 }))
    .sort((a, b) => b.score - a.score);
  const total = ranking.reduce((sum, { score }) => sum + Math.expm1(score), 0);
  const suspects: Suspect[] = ranking
    .filter(({ score }) => score > 0)
    .slice(0, 10)
    .map(({ service, score }, index) => ({
      service,
      faultKind: 'unknown',
      confidence: Math.expm1(score) / total,
      faultKinds: [{ kind: 'unknown', probability: 1 }],
      onset: null,
      changeId: null,
      evidence: (scores.get(service)?.evidence ?? []).sort((a, b) => b.weight - a.weight).slice(0, 8),
      status: index === 0 ? 'leading' : 'possible',
    }));
  const leader = suspects[0];
  return {
    rulesVersion: RULES_VERSION,
    anomaly: { service: input.anomaly.service, symptom: input.anomaly.symptom, time: input.anomaly.time },
    window: input.window,
    baseline: { start: grid.start, end: grid.start + grid.watch * grid.width },
    onset: null,
    verdict: {
      level: leader ? 'suspected' : 'inconclusive',
      service: leader?.service ?? null,
      faultKind: 'unknown',
      changeId: null,
      confidence: leader?.confidence ?? 0,
      rule: leader ? 'strongest-lead' : 'nothing-abnormal',
      reason: leader ? `${leader.service} moved the most.` : 'Nothing abnormal was seen.',
      wouldSettle: [],
    },
    suspects,
    ranking,
    propagation: [],
    symptoms: [],
    blastRadius: [],
    ruledOut: [],
    gaps: input.gaps,
    nextActions: [],
    looked: {
      services: graph.names.length,
      series: input.series.length,
      samples: input.series.reduce((sum, { values }) => sum + values.length, 0),
    },
  };
}

function metaOf(series: DiagnosisInput['series'][number]): Evidence['series'] {
  const { id, subject, signal, name, unit, worse, perspective, query, source } = series;
  return { id, subject, signal, name, unit, worse, perspective, query, source };
}
