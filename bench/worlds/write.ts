import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Commit } from './commits.js';
import type { WorldCase } from './make-case.js';

/** Writes the case in the form that `bench/rca` reads, in a folder of its own below that of its style. */
export function writeCase(root: string, item: WorldCase): string {
  const dataset = `worlds-${item.style.name}`;
  const folder = join(root, dataset, item.id);
  mkdirSync(folder, { recursive: true });
  const json = (name: string, value: unknown): void => {
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
  };
  const gz = (name: string, text: string): void => {
    writeFileSync(join(folder, name), gzipSync(text, { level: 6 }));
  };
  gz('metrics.csv.gz', metricsOf(item));
  if (item.style.traces) gz('traces.csv.gz', tracesOf(item));
  json('alert.json', {
    case_id: item.id,
    dataset,
    system: item.id,
    anomaly_time: item.anomalyTime,
    alert_service: item.alertService.name,
    alert_metric: item.alertMetric,
    step_seconds: item.style.stepSeconds,
  });
  json('label.json', {
    case_id: item.id,
    dataset,
    root_cause_service: item.culprits.length === 0 ? null : item.culprits.map(({ name }) => name),
    root_cause_metrics: null,
    ...(item.commits && {
      root_cause_commit: item.guilty ?? 'none',
      decoy_deploy_commits: item.commits.map(({ sha }) => sha).filter((sha) => sha !== item.guilty),
    }),
    fault_type: item.fault?.type ?? 'none',
    situation: item.situation,
    inject_time: item.fault === null ? null : item.onset,
    severity: item.fault === null ? null : Number(item.fault.severity.toFixed(3)),
  });
  if (item.graph !== null)
    json('graph.json', { edges: item.graph, direction: 'caller->callee', source: 'documentation' });
  if (item.commits) writeCommits(join(folder, 'context'), item.commits);
  return folder;
}

/** As a forge and a pipeline tell of them. */
function writeCommits(folder: string, commits: readonly Commit[]): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, list: object[]): void =>
    writeFileSync(join(folder, name), `${JSON.stringify(list, null, 1)}\n`);
  const isoTime = (time: number): string => new Date(time * 1000).toISOString();
  write(
    'commits.json',
    commits.map(({ sha, time, message, file, diff }) => ({
      sha,
      timestamp: isoTime(time - 1800),
      message,
      files_changed: [file],
      diff,
    })),
  );
  write(
    'deploys.json',
    commits.map(({ sha, time, service }) => ({ timestamp: isoTime(time), service, commit_sha: sha })),
  );
}

function metricsOf({ columns, style, begin }: WorldCase): string {
  const rows = columns[0]?.values.length ?? 0;
  const lines = [['time', ...columns.map(({ entity, metric }) => `${entity}__${metric}`)].join(',')];
  for (let row = 0; row < rows; row += 1) {
    const time = begin + (row + (style.stampedAtBegin ? 0 : 1)) * style.stepSeconds;
    const cells = columns.map(({ values }) => {
      const value = values[row]!;
      return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : '';
    });
    lines.push([time, ...cells].join(','));
  }
  return `${lines.join('\n')}\n`;
}

function tracesOf({ recording: { spans }, world, begin, anomalyTime }: WorldCase): string {
  const lines = ['trace,span,parent,service,operation,start_ms,duration_us'];
  spans.trace.forEach((trace, row) => {
    const service = world.services[spans.service[row]!]!.name;
    const callee = world.services[spans.callee[row]!]!.name;
    const start = ((begin + spans.start[row]! - anomalyTime) * 1e3).toFixed(1);
    const duration = Math.round(spans.duration[row]! * 1e6);
    lines.push([trace, row, spans.parent[row]!, service, `${callee}/handle`, start, duration].join(','));
  });
  return `${lines.join('\n')}\n`;
}
