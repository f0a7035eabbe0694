import type { Diagnosis } from '../../model/diagnosis.js';
import type { Scope } from '../../model/incident.js';
import { T0 } from './anomalies.js';

/** The scope of the sample incident: checkout calls payment, which calls ledger. */
export function aScope(differences: Partial<Scope> = {}): Scope {
  const learntFrom = { source: 'test', seenAt: null };
  return {
    environment: 'production',
    service: 'checkout',
    symptom: 'latency',
    services: ['checkout', 'payment', 'ledger'],
    window: { start: T0 - 3600, end: T0 + 60, stepSeconds: 15 },
    anomalyTime: T0,
    packs: ['otel-http'],
    graph: {
      services: ['checkout', 'payment', 'ledger'],
      edges: [
        { caller: 'checkout', callee: 'payment', learntFrom },
        { caller: 'payment', callee: 'ledger', learntFrom },
      ],
      placements: [],
      external: [],
    },
    gaps: [],
    ...differences,
  };
}

/** A diagnosis that suspects the payment service's CPU; `verdict` replaces single fields of its verdict. */
export function aDiagnosis(verdict: Partial<Diagnosis['verdict']> = {}): Diagnosis {
  const { service = 'payment', faultKind = 'cpu', confidence = 0.78, changeId = null } = verdict;
  return {
    rulesVersion: 'test',
    anomaly: { service: 'checkout', symptom: 'latency', time: T0 },
    window: { start: T0 - 3600, end: T0 + 60, stepSeconds: 15 },
    baseline: { start: T0 - 3600, end: T0 - 120 },
    onset: { time: T0 - 30, uncertaintySeconds: 15 },
    verdict: {
      level: 'suspected',
      service,
      faultKind,
      changeId,
      confidence,
      rule: 'leading-suspect',
      reason: 'payment moved first and nothing that it calls explains it',
      wouldSettle: ['a profile of payment'],
      ...verdict,
    },
    suspects: [
      {
        service: service ?? 'payment',
        faultKind,
        confidence,
        faultKinds: [{ kind: faultKind, probability: 1 }],
        onset: { time: T0 - 30, uncertaintySeconds: 15 },
        changeId,
        evidence: [],
        status: 'leading',
      },
    ],
    ranking: [
      { service: 'payment', score: 3 },
      { service: 'checkout', score: 1 },
    ],
    propagation: [{ from: 'payment', to: 'checkout', via: 'calls', lagSeconds: 15 }],
    symptoms: [],
    candidates: { services: ['payment'], coverage: 0.92 },
    blastRadius: ['payment', 'checkout'],
    ruledOut: [],
    gaps: [],
    nextActions: [],
    looked: { services: 3, series: 20, samples: 4800 },
  };
}
