import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
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
    root_cause_service: item.fault?.service.name ?? null,
    root_cause_metrics: null,
    fault_type: item.fault?.type ?? 'none',
    inject_time: item.fault === null ? null : item.onset,
    severity: item.fault === null ? null : Number(item.fault.severity.toFixed(3)),
  });
  if (item.graph !== null)
    json('graph.json', { edges: item.graph, direction: 'caller->callee', source: 'documentation' });
  return folder;
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
