import type { Diagnosis, Suspect } from '../model/diagnosis.js';
import type { Facts } from './facts.js';
import type { Ranked } from './rank.js';
import { RULES_VERSION } from './weights.js';

export function write(facts: Facts, ranked: Ranked[]): Diagnosis {
  const { input, grid, graph, begin } = facts;
  const suspects = ranked
    .filter(({ score }) => score > 0)
    .slice(0, 10)
    .map((one, index): Suspect => {
      const total = [...one.kinds.values()].reduce((s, v) => s + Math.max(0, v), 0);
      const kinds = [...one.kinds].sort((a, b) => b[1] - a[1]);
      return {
        service: graph.names[one.service]!,
        faultKind: kinds[0]?.[0] ?? 'unknown',
        confidence: one.belief,
        faultKinds:
          total > 0
            ? kinds.map(([kind, w]) => ({ kind, probability: w / total }))
            : [{ kind: 'unknown', probability: 1 }],
        onset: null,
        changeId: null,
        evidence: one.evidence.slice(0, 10),
        status: index === 0 ? 'leading' : 'possible',
      };
    });
  const leader = suspects[0];
  return {
    rulesVersion: RULES_VERSION,
    anomaly: { service: input.anomaly.service, symptom: input.anomaly.symptom, time: input.anomaly.time },
    window: input.window,
    baseline: { start: grid.start, end: grid.start + grid.watch * grid.width },
    onset: begin === null ? null : { time: grid.start + begin * grid.width, uncertaintySeconds: grid.width },
    verdict: {
      level: leader ? 'suspected' : 'inconclusive',
      service: leader?.service ?? null,
      faultKind: leader?.faultKind ?? 'unknown',
      changeId: null,
      confidence: leader?.confidence ?? 0,
      rule: leader ? 'strongest-lead' : 'nothing-abnormal',
      reason: leader ? `${leader.service} moved the most.` : 'Nothing abnormal was seen.',
      wouldSettle: [],
    },
    suspects,
    ranking: ranked.map(({ service, score }) => ({ service: graph.names[service]!, score })),
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
