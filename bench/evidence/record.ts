import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { inputOf } from '../../activities/analyse/analyse.js';
import { readTold } from '../../activities/analyse/told.js';
import { runChecks } from '../../activities/check/run-checks.js';
import {
  collectChanges,
  collectLogs,
  collectMetrics,
  collectTraces,
  loadPacks,
  openSource,
  planScope,
} from '../../activities/collect/index.js';
import { collectState } from '../../activities/collect/state/collect-state.js';
import { createReadPolicy } from '../../activities/policy.js';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { readingSettings } from '../../client/intake/source.js';
import type { Fault } from '../../examples/shop/fault-catalog.js';
import type { Shop } from '../../examples/shop/index.js';
import type { EvidenceRead } from '../../activities/contract.js';
import { collectDeps, NO_LIMITS } from '../../test/support/scopes.js';
import { checksOf } from '../../test/support/suspects.js';
import { playIncidents } from '../../tools/shop-incidents.js';
import type { AlertmanagerPost } from '../../workers/demo/recorded-incident.js';
import { demoConfig, newToken, sourcesOf } from '../../workers/demo/settings.js';
import { keepRecording, type Asked, type Cost, type EvidenceRecording } from './recording.js';

/** Calm before each fault: what a diagnosis takes for the baseline. */
const CALM_SECONDS = 80;
/** After the post of the alert: its first investigation has just been made, a second sees more. */
const AFTER_ALERT_MS = 20_000;
const ENVIRONMENT = 'shop';

/** Breaks the shop by each fault and keeps what every source tells of it. */
export async function recordEvidence(faults: readonly Fault[]): Promise<void> {
  await playIncidents(faults, CALM_SECONDS, async (shop, fault, post) => {
    await sleep(AFTER_ALERT_MS);
    keepRecording(await readAll(shop, fault, post));
  });
}

/** Asks one source after the other, so that each has its own seconds and bytes. */
async function readAll(shop: Shop, fault: Fault, post: AlertmanagerPost): Promise<EvidenceRecording> {
  const settings = { environment: ENVIRONMENT, token: newToken(), calmSeconds: CALM_SECONDS };
  const { config } = demoConfig({ ...settings, ...sourcesOf(shop) });
  const source = await openSource(config.metrics);
  const deps = { ...(await collectDeps(source, config)), packs: await loadPacks(config.packs.files) };
  const now = Date.now() / 1000;
  const anomalies = anomaliesIn(readAlertmanager({ body: post }), {
    ...{ receivedAt: now, settings: readingSettings(config) },
  });
  const { service, severity } = anomalies[0]!;
  const { readPolicy } = createReadPolicy({ config, productVersion: '' });
  const { families, sources } = await readPolicy({ environment: ENVIRONMENT, service, severity });
  const costs = {} as Record<Asked, Cost>;
  const { scope, series, steps } = await costing(costs, 'metrics', async () => {
    const planned = await planScope(deps, { environment: ENVIRONMENT, anomalies, now }, NO_LIMITS);
    const read: EvidenceRead[] = [];
    for (const family of families) read.push(await collectMetrics(deps, planned, family, NO_LIMITS));
    const metricsOnly = { ...deps, config: { ...config, changes: [], kubernetes: [] } };
    const { changes } = await collectChanges(metricsOnly, planned, NO_LIMITS);
    return { scope: planned, series: read, steps: changes };
  });
  const each = async (names: string[], read: (name: string) => Promise<EvidenceRead>) => {
    const all: EvidenceRead[] = [];
    for (const name of names) all.push(await read(name));
    return all;
  };
  const told = [
    ...series,
    ...(await costing(costs, 'logs', () =>
      each(sources.logs, (name) => collectLogs(deps, { scope, source: name }, NO_LIMITS)),
    )),
    ...(await costing(costs, 'traces', () =>
      each(sources.traces, (name) => collectTraces(deps, { scope, source: name }, NO_LIMITS, now)),
    )),
    ...(await costing(costs, 'state', () =>
      each(sources.state, (name) => collectState(deps, { scope, source: name }, NO_LIMITS)),
    )),
  ];
  const changed = await costing(costs, 'changes', () => collectChanges(deps, scope, NO_LIMITS));
  const checked = await costing(costs, 'checks', () =>
    Promise.all(scope.services.map((one) => runChecks(deps, { scope, ...checksOf(one) }, NO_LIMITS))),
  );
  const gaps = [...scope.gaps, ...told.flatMap((one) => one.gaps), ...changed.gaps];
  const stored = await readTold(
    deps.store,
    told.map(({ evidence }) => evidence),
  );
  return {
    fault: fault.name,
    input: { ...inputOf({ scope, changes: changed.changes, checks: [], gaps }), ...stored },
    stepsInMetrics: steps,
    checks: checked.flatMap(({ checks }) => checks),
    costs,
  };
}

async function costing<T>(costs: Record<Asked, Cost>, asked: Asked, work: () => Promise<T>): Promise<T> {
  const [startedAt, bytes] = [performance.now(), bytesRead()];
  const result = await work();
  costs[asked] = { seconds: (performance.now() - startedAt) / 1000, bytes: bytesRead() - bytes };
  return result;
}

/** Bytes that this process has read from network and files, as Linux counts them. */
function bytesRead(): number {
  const counted = /^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'));
  return Number(counted?.[1] ?? NaN);
}
