import assert from 'node:assert/strict';
import type { Limits } from '../../activities/collect/attempt.js';
import { collectLogs } from '../../activities/collect/logs/collect-logs.js';
import type { Gap } from '../../model/gap.js';
import type { EvidenceRef, Scope } from '../../model/incident.js';
import type { LogTable } from '../../model/telemetry.js';
import { MemoryStore, NO_LIMITS, scopeOf, testConfig } from './scopes.js';

/** An hour of calm and five minutes of incident, seconds; the alert was at `ALERT_TIME`. */
export const ALERT_TIME = 1_796_035_200;
export const LOG_WINDOW = { start: ALERT_TIME - 3_600, end: ALERT_TIME + 300, stepSeconds: 15 };

export interface CollectedLogs {
  table: LogTable;
  gaps: Gap[];
  evidence: EvidenceRef;
}

/** Collects the logs of one configured source for services, the first of which alerts. */
export async function collectedLogs(
  source: { name: string } & Record<string, unknown>,
  services: string[],
  {
    scope = {},
    limits = NO_LIMITS,
    config = {},
  }: { scope?: Partial<Scope>; limits?: Limits; config?: object } = {},
): Promise<CollectedLogs> {
  const store = new MemoryStore();
  const whole = scopeOf(services, [], { window: LOG_WINDOW, anomalyTime: ALERT_TIME, ...scope });
  const deps = { config: testConfig({ ...config, logs: [source] }), store };
  const { evidence, gaps } = await collectLogs(deps, { scope: whole, source: source.name }, limits);
  assert.equal(evidence.kind, 'logs');
  return { table: await store.getTable('logs', evidence.uri), gaps, evidence };
}

/** Kinds of lines as `service level template: lines before, lines since`, sorted. */
export function kindsIn({ kinds, kind, time, lines }: LogTable, since = ALERT_TIME): string[] {
  const counts = kinds.map(() => [0, 0]);
  kind.forEach((of, row) => {
    counts[of]![time[row]! < since ? 0 : 1]! += lines[row]!;
  });
  return kinds
    .map(({ service, level, template }, of) => `${service} ${level} ${template}: ${counts[of]!.join(', ')}`)
    .sort();
}
