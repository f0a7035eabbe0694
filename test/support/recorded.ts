import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { loadPacks, openSource } from '../../activities/collect/index.js';
import { reportedChangesIn } from '../../activities/collect/changes/reported-changes.js';
import type { CollectDeps } from '../../activities/collect/deps.js';
import { createEvidence } from '../../activities/record/evidence-store.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { readingSettings } from '../../client/intake/source.js';
import {
  beganAt,
  recordedMetrics,
  recordingFolder,
  type AlertmanagerPost,
} from '../../workers/demo/recorded-incident.js';
import { demoConfig, newToken } from '../../workers/demo/settings.js';
import { readIncident, type ReadIncident } from './read-incident.js';

export { diagnoseRead as diagnoseRecorded } from './read-incident.js';

/** A recorded incident of the example shop, read as a worker reads it. */
export type RecordedIncident = Pick<ReadIncident, 'input' | 'check'>;

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
  const blobs = new FolderBlobs(directory);
  const store = createEvidence(blobs);
  const deps: CollectDeps = {
    source: await openSource(config.metrics),
    packs: await loadPacks(),
    config,
    store,
    reported: reportedChangesIn(blobs),
    log: pino({ level: 'silent' }),
  };
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
    return await readIncident(deps, 'shop', anomalies, now);
  } finally {
    await rm(directory, { recursive: true });
  }
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
