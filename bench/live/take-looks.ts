import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSource } from '../../activities/collect/metrics/source/open.js';
import { startWrittenPrometheus } from '../../test/support/prometheus.js';
import { collectDeps, testConfig } from '../../test/support/scopes.js';
import type { Config } from '../../config/schema.js';
import { alertsOf, knownAt } from './alerts.js';
import { collectAt } from './collect.js';
import type { Look } from './kept-look.js';
import { writeTelemetry } from './telemetry-files.js';
import type { Recording } from './recording.js';

/** Seconds after the first post at which an investigation looks: the first result, and three follow-ups. */
export const LOOKS = [15, 45, 90, 180];

/**
 * Plays a recording on a real Prometheus and takes every look at it, with and without the call graph in the
 * configuration. The samples keep their times: the collectors are told what time it is, so that two runs read the same.
 * Looks after the end of the recording are left out.
 */
export async function takeLooks(recording: Recording): Promise<Look[]> {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-live-'));
  const prometheus = await startWrittenPrometheus(directory, recording.openMetrics);
  try {
    const changes = join(directory, 'changes.json');
    if (recording.changes) await writeFile(changes, JSON.stringify(recording.changes));
    const { logs, traces } = await writeTelemetry(recording.folder, directory);
    const looks: Look[] = [];
    for (const graph of ['given', 'learnt'] as const) {
      const config = testConfig({
        metrics: { type: 'prometheus', url: prometheus.url },
        ...(graph === 'given' ? { topology: topologyOf(recording) } : {}),
        logs: logs === null ? [] : [{ type: 'file', name: 'lines', file: logs }],
        traces: traces === null ? [] : [{ type: 'otlp-file', name: 'spans', file: traces }],
        changes: recording.changes ? [{ type: 'file', name: 'pipeline', file: changes }] : [],
      });
      looks.push(...(await looksWith(config, recording, graph)));
    }
    return looks;
  } finally {
    await prometheus.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function topologyOf({ calls }: Recording): { services: { name: string; calls: string[] }[] } {
  const callers = [...new Set(calls.map(({ caller }) => caller))];
  const calleesOf = (name: string): string[] =>
    calls.filter(({ caller }) => caller === name).map(({ callee }) => callee);
  return { services: callers.map((name) => ({ name, calls: calleesOf(name) })) };
}

async function looksWith(config: Config, recording: Recording, graph: Look['graph']): Promise<Look[]> {
  const source = await openSource(config.metrics);
  const looks: Look[] = [];
  try {
    for (const { firstAt, posts } of alertsOf(recording)) {
      for (const after of LOOKS.filter((seconds) => firstAt + seconds <= recording.endsAt)) {
        const now = firstAt + after;
        const deps = await collectDeps(source, config);
        const collected = await collectAt(deps, knownAt(posts, now), now);
        const { name, entries, truth } = recording;
        const repaired = now > truth.stoppedAt;
        looks.push({ recording: name, graph, after, repaired, entries, truth, ...collected });
      }
    }
  } finally {
    source.close();
  }
  return looks;
}
