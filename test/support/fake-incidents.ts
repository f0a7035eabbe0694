import type { IncidentFilters, IncidentRow } from '../../client/incident-list.js';
import type { Incidents } from '../../client/incidents.js';
import type { StartRequest } from '../../client/manual-anomaly.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { Progress } from '../../model/progress.js';
import { anAnomaly, T0 } from './anomalies.js';
import { aDiagnosis } from './diagnoses.js';

export const INCIDENT_ID = 'incident/checkout/20261124-1042-9f3c2e';

/** The record of the sample incident after its first summary. */
export function aRecord(differences: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    schemaVersion: '1',
    id: INCIDENT_ID,
    runId: 'run-1',
    revision: 1,
    revisionReason: 'first-result',
    environment: 'production',
    service: 'checkout',
    severity: 'critical',
    state: 'following',
    anomalies: [anAnomaly()],
    unlisted: { firing: 0, resolved: 0 },
    scope: null,
    diagnosis: aDiagnosis(),
    changes: [],
    documents: [],
    checks: [],
    gaps: [],
    evidence: [],
    timeline: [],
    acknowledged: null,
    escalatedAt: null,
    feedback: null,
    publications: [],
    timings: { openedAt: T0, firstResultAt: T0 + 20, closedAt: null },
    links: [],
    product: { version: 'test' },
    ...differences,
  };
}

export function aRow(differences: Partial<IncidentRow> = {}): IncidentRow {
  return {
    id: INCIDENT_ID,
    runId: 'run-1',
    environment: 'production',
    service: 'checkout',
    severity: 'critical',
    state: 'following',
    open: true,
    rootCause: 'payment',
    faultKind: 'cpu',
    verdict: 'suspected',
    confidence: 0.78,
    feedback: null,
    title: 'Checkout is slow',
    openedAt: T0,
    closedAt: null,
    ...differences,
  };
}

export interface FakeIncidents extends Incidents {
  /** What was asked, in order. */
  asked: unknown[][];
  closed: boolean;
}

/** A library that holds one incident. `overrides` replace single answers. */
export function fakeIncidents(
  overrides: Partial<Incidents> & { record?: IncidentRecord; rows?: IncidentRow[]; more?: boolean } = {},
): FakeIncidents {
  const { record = aRecord(), rows = [aRow()], more = false, ...replaced } = overrides;
  const asked: unknown[][] = [];
  const said = <T>(what: unknown[], answer: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(answer);
  };
  const fake: FakeIncidents = {
    asked,
    closed: false,
    raise: () => said(['raise'], undefined),
    start: (request: StartRequest) =>
      said(['start', request], { fingerprint: 'f', workflowId: INCIDENT_ID, joined: false }),
    show: (id) => said(['show', id], record),
    progress: (id) => said(['progress', id], aProgress()),
    async *watch(id) {
      asked.push(['watch', id]);
      yield aProgress({
        state: 'investigating',
        headline: 'Investigating',
        isPublished: false,
        steps: [step('running')],
      });
      yield await Promise.resolve(aProgress());
    },
    list: (filters: IncidentFilters, options) => said(['list', filters, options], { incidents: rows, more }),
    acknowledge: (id, given) =>
      said(['acknowledge', id, given], { ...record, acknowledged: { by: given.by, at: T0 } }),
    giveFeedback: (id, given) => said(['giveFeedback', id, given], record),
    rerun: (id, given) => said(['rerun', id, given], record),
    cancel: (id, given) => said(['cancel', id, given], record),
    merge: (id, into, given) => said(['merge', id, into, given], { from: id, to: into }),
    split: (id, given) => said(['split', id, given], { from: id, to: INCIDENT_ID }),
    findId: (part) => said(['findId', part], INCIDENT_ID),
    ready: () => said(['ready'], undefined),
    close: () => {
      fake.closed = true;
      return Promise.resolve();
    },
    ...replaced,
  };
  return fake;
}

function aProgress(differences: Partial<Progress> = {}): Progress {
  return {
    state: 'following',
    headline: 'Suspected: payment',
    isPublished: true,
    steps: [
      step('done'),
      {
        name: 'collect hosts',
        state: 'failed',
        detail: 'no\u001b[31m answer',
        startedAt: T0,
        endedAt: T0 + 95,
      },
      { name: 'collect edges', state: 'failed', detail: '' },
    ],
    ...differences,
  };
}

function step(state: 'running' | 'done'): Progress['steps'][number] {
  const name = 'collect golden';
  if (state === 'running') return { name, state, detail: '', startedAt: T0 + 588 };
  return { name, state, detail: '20 series', startedAt: T0 + 588, endedAt: T0 + 592 };
}
