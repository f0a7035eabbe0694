/**
 * Records incidents of the example shop, one fault after the other: what the real Prometheus answered to all that a
 * diagnosis asks, the changes, and the post of the real Alertmanager.
 *
 *     npm run record -- payment-latency catalog-cpu      (all curated faults when none is named)
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { runChecks } from '../activities/check/run-checks.js';
import {
  collectChanges,
  collectMetrics,
  loadPacks,
  openSource,
  planScope,
  recordingOf,
} from '../activities/collect/index.js';
import type { MetricFamily } from '../activities/contract.js';
import { createEvidence } from '../activities/record/evidence-store.js';
import { reportedChangesIn } from '../activities/collect/changes/reported-changes.js';
import { FolderBlobs } from '../activities/record/folder-blobs.js';
import { anomaliesIn } from '../client/intake/reading.js';
import { readAlertmanager } from '../client/intake/alertmanager/source.js';
import { readingSettings } from '../client/intake/source.js';
import { FAULTS, parseFault, type Fault } from '../examples/shop/fault-catalog.js';
import type { Shop } from '../examples/shop/index.js';
import { beganAt, recordingFolder, type AlertmanagerPost } from '../workers/demo/recorded-incident.js';
import { CALM_SECONDS, demoConfig, newToken } from '../workers/demo/settings.js';
import { checksOf } from '../test/support/suspects.js';
import { playIncidents } from './shop-incidents.js';

/** What follows the alert is recorded too: a diagnosis looks again. */
const AFTER_ALERT_MS = 45_000;
const FAMILIES: MetricFamily[] = ['golden', 'edges', 'resources', 'hosts'];

const runDir = join(process.cwd(), '.faultline', 'record');
const names = process.argv.slice(2);
const faults = names.length > 0 ? names.map(parseFault) : FAULTS;
await playIncidents(faults, CALM_SECONDS, async (shop, fault, post) => {
  await sleep(AFTER_ALERT_MS);
  const folder = recordingFolder(fault.name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'metrics.json.gz'), await recordMetrics(shop, fault, post));
  await writeFile(join(folder, 'alert.json'), `${JSON.stringify(post, null, 2)}\n`);
});

/** Asks all that a diagnosis asks, of a source that writes down question and answer. */
async function recordMetrics(running: Shop, fault: Fault, post: AlertmanagerPost): Promise<Buffer> {
  const { config } = demoConfig({
    environment: 'shop',
    token: newToken(),
    metrics: { type: 'prometheus', url: running.prometheusUrl },
    changes: [],
  });
  const source = recordingOf(await openSource(config.metrics));
  const blobs = new FolderBlobs(join(runDir, 'store'));
  const deps = {
    source,
    packs: await loadPacks(),
    config,
    store: createEvidence(blobs),
    reported: reportedChangesIn(blobs),
    log: pino({ level: 'silent' }),
  };
  const look = { signal: new AbortController().signal };
  const now = Date.now() / 1000;
  const anomalies = anomaliesIn(readAlertmanager({ body: post }), {
    receivedAt: now,
    settings: readingSettings(config),
  });
  const scope = await planScope(deps, { environment: 'shop', anomalies, now }, look);
  for (const family of FAMILIES) await collectMetrics(deps, scope, family, look);
  await collectChanges(deps, scope, look);
  for (const service of scope.services) {
    await runChecks(deps, { scope, ...checksOf(service) }, look);
  }
  const about = `The example shop with ${fault.name}: ${fault.description}`;
  return source.file({ about, alertTime: beganAt(post), changes: running.deploys() });
}
