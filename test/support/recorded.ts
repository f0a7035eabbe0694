import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { runChecks } from '../../activities/check/run-checks.js';
import {
  collectChanges,
  collectMetrics,
  loadPacks,
  openSource,
  planScope,
} from '../../activities/collect/index.js';
import type { CollectDeps } from '../../activities/collect/deps.js';
import { createEvidence } from '../../activities/record/evidence-store.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { readingSettings } from '../../client/intake/source.js';
import type { CheckResult } from '../../model/check.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Scope } from '../../model/incident.js';
import {
  beganAt,
  recordedMetrics,
  recordingFolder,
  type AlertmanagerPost,
} from '../../workers/demo/recorded-incident.js';
import { demoConfig, newToken } from '../../workers/demo/settings.js';

const FAMILIES = ['golden', 'edges', 'resources', 'hosts'] as const;
const CHECKED_SUSPECTS = 3;

/** A recorded incident of the example shop, read as a worker reads it. */
export interface RecordedIncident {
  /** What the first analysis gets; no checks were made. */
  input: DiagnosisInput;
  /** Runs the checks of one service. */
  check(service: string): Promise<CheckResult[]>;
}

/** Names of the faults that were recorded, in order. */
export function recordedFaults(): string[] {
  const folder = fileURLToPath(new URL('../../examples/shop/recordings/', import.meta.url));
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(recordingFolder(name), 'alert.json')))
    .sort();
}

/** Reads what was recorded of a fault, as it was known `secondsAfter` seconds after the alert began. */
export async function readRecorded(fault: string, secondsAfter = 30): Promise<RecordedIncident> {
  const { config } = demoConfig({
    environment: 'shop',
    token: newToken(),
    metrics: { type: 'recording', file: recordedMetrics(fault) },
    changes: [],
  });
  const directory = await mkdtemp(join(tmpdir(), 'faultline-recorded-'));
  const store = createEvidence(new FolderBlobs(directory));
  const deps: CollectDeps = {
    source: await openSource(config.metrics),
    packs: await loadPacks(),
    config,
    store,
    log: pino({ level: 'silent' }),
  };
  const look = { signal: new AbortController().signal };
  const alert = await readFile(join(recordingFolder(fault), 'alert.json'), 'utf8');
  const post = JSON.parse(alert) as AlertmanagerPost;
  // A post may also tell of alerts of an earlier incident that are over.
  const firing = post.alerts.filter(({ status }) => status === 'firing');
  const now = beganAt({ ...post, alerts: firing }) + secondsAfter;
  const anomalies = anomaliesIn(readAlertmanager({ body: post }), {
    receivedAt: now,
    settings: readingSettings(config),
  });
  try {
    const scope = await planScope(deps, { environment: 'shop', anomalies, now }, look);
    const collected = await Promise.all(FAMILIES.map((family) => collectMetrics(deps, scope, family, look)));
    const series = await Promise.all(collected.map(({ evidence }) => store.get(evidence.uri)));
    const { changes } = await collectChanges(deps, scope, look);
    return {
      input: { ...inputOf(scope), series: series.flat(), changes },
      check: async (service) =>
        (await runChecks(deps, { scope, service, faultKind: 'unknown' }, look)).checks,
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function inputOf({ service, symptom, anomalyTime, window, graph }: Scope): DiagnosisInput {
  return {
    anomaly: { service, symptom, time: anomalyTime },
    window,
    graph,
    series: [],
    changes: [],
    checks: [],
    spans: null,
    logs: null,
    gaps: [],
  };
}

/** Diagnoses, checks the leading suspects and diagnoses again, as a look of the workflow does. */
export async function diagnoseRecorded({ input, check }: RecordedIncident): Promise<Diagnosis> {
  const first = diagnose(input);
  const leading = first.suspects.filter(({ status }) => status !== 'ruled-out').slice(0, CHECKED_SUSPECTS);
  const checks = await Promise.all(leading.map(({ service }) => check(service)));
  return diagnose({ ...input, checks: checks.flat() });
}

/** The same incident without anything that was measured at one service, or by others about it. */
export function without(service: string, { input, check }: RecordedIncident): RecordedIncident {
  const series = input.series.filter(
    ({ subject }) =>
      !(subject.kind === 'service' && subject.service === service) &&
      !(subject.kind === 'edge' && (subject.callee === service || subject.caller === service)),
  );
  return {
    input: { ...input, series },
    check: (checked) => (checked === service ? Promise.resolve([]) : check(checked)),
  };
}
