import { createDeliver } from '../../activities/deliver/deliver.js';
import type { Activities, Conclusion, Policy } from '../../activities/contract.js';
import type { DocumentKind, DocumentRef, EvidenceRef, IncidentRecord } from '../../model/incident.js';
import { aDiagnosis, aScope } from './diagnoses.js';

/** What the fakes were asked, in order. */
export interface Calls {
  log: string[];
  saved: IncidentRecord[];
  published: { sink: string; recordUri: string }[];
}

const ref = (kind: DocumentKind): DocumentRef => ({ kind, uri: `documents/${kind}`, bytes: 1 });

/** What the `analyse` activity answers for this diagnosis. */
export function aConclusion(diagnosis = aDiagnosis()): Conclusion {
  const suspects = diagnosis.suspects.map(({ service, faultKind, confidence, faultKinds }) => ({
    ...{ service, faultKind, confidence, faultKinds },
  }));
  return { diagnosis: ref('diagnosis'), excerpt: diagnosis, changes: [], checks: [], suspects, gaps: [] };
}

export const POLICY: Policy = {
  families: ['golden', 'resources'],
  observedSeconds: 600,
  sources: { logs: [], traces: [], state: [] },
  checkSuspects: 1,
  sourceTimeoutSeconds: 30,
  analysisTimeoutSeconds: 60,
  reevaluateSeconds: 300,
  resolveGraceSeconds: 60,
  maxDurationSeconds: 6 * 3600,
  remindAfterSeconds: 0,
  remindTimes: 3,
  escalateAfterSeconds: 0,
  feedbackWindowSeconds: 0,
  uiUrl: 'http://ui.example',
  metricsPages: [{ title: 'Metrics', url: 'http://metrics.example' }],
  productVersion: '0.0.0-test',
};

const evidenceOf = (kind: EvidenceRef['kind'], digest: string, summary: string): EvidenceRef => ({
  ...{ kind, digest, summary },
  uri: `evidence/${digest}`,
  bytes: 1,
});

/** Activities that answer the sample incident; `overrides` replace single ones. Stand-ins for workflow tests only. */
export function fakeActivities(overrides: Partial<Activities> = {}): {
  activities: Activities;
  calls: Calls;
} {
  const calls: Calls = { log: [], saved: [], published: [] };
  const said = <T>(what: string, answer: T): Promise<T> => {
    calls.log.push(what);
    return Promise.resolve(answer);
  };
  const activities: Activities = {
    readPolicy: () => said('readPolicy', POLICY),
    readTriagePolicy: () =>
      Promise.resolve({ settleSeconds: 1, joinBy: ['group', 'service', 'calls'], silences: [] }),
    correlate: ({ groups }) => Promise.resolve({ targets: groups.map(() => null), blind: null }),
    // The real one: it only talks to the Temporal server that the worker is connected to.
    ...createDeliver(),
    planScope: () =>
      said('planScope', {
        scope: ref('scope'),
        services: aScope().services.length,
        packs: ['otel-http'],
        gaps: [],
      }),
    collectMetrics: ({ family }) =>
      said(`collect ${family}`, {
        evidence: evidenceOf('series', family, `20 series of ${family}`),
        gaps: [],
      }),
    collectLogs: ({ source }) =>
      said(`collect ${source}`, { evidence: evidenceOf('logs', source, '30 kinds of line'), gaps: [] }),
    collectTraces: ({ source }) =>
      said(`collect ${source}`, { evidence: evidenceOf('spans', source, '40 traces'), gaps: [] }),
    collectState: ({ source }) =>
      said(`collect ${source}`, { evidence: evidenceOf('conditions', source, '2 conditions'), gaps: [] }),
    collectChanges: () => said('collectChanges', { changes: ref('changes'), count: 0, gaps: [] }),
    collectSlices: ({ service }) =>
      said(`slices of ${service}`, {
        evidence: evidenceOf('slices', `slices-${service}`, `requests of ${service} by version`),
        gaps: [],
      }),
    analyse: ({ checks }) => said(checks.length > 0 ? 'analyse with checks' : 'analyse', aConclusion()),
    runChecks: ({ service, zone }) =>
      said(`check ${service}${zone == null ? '' : ` in ${zone}`}`, {
        checks: ref('checks'),
        ran: 1,
        failed: 0,
        left: 0,
        gaps: [],
      }),
    saveRecord: ({ record }) => {
      calls.saved.push(structuredClone(record));
      return said(`save r${record.revision}`, {
        uri: `record/r${record.revision}`,
        reportPath: '/reports/report.md',
        reportUrl: null,
        sinks: ['chat'],
      });
    },
    publish: ({ sink, recordUri }) => {
      calls.published.push({ sink, recordUri });
      return said(`publish ${recordUri} to ${sink}`, { sink, revision: 1, at: 1, reference: null });
    },
    keepChanges: ({ changes }) => said(`keep ${changes.length} changes`, undefined),
    judgeRollout: () => said('judgeRollout', { finding: 'healthy', reason: 'nothing got worse' }),
    tellGuard: ({ to }) => said(`tell ${to}`, undefined),
    tellHeartbeat: ({ state, endedAt }) =>
      said(`${state.settings.name} ${endedAt === null ? 'is silent' : 'is back'}`, undefined),
    runWatch: ({ name, memory }) =>
      said(`watch ${name}`, { memory, lines: [], watched: 1, fired: 0, cleared: 0 }),
    ...overrides,
  };
  return { activities, calls };
}
