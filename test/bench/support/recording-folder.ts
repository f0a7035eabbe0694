import { CaseFolder } from './case-folder.js';

const BOUNDS = ['0.01', '0.1', '1', '+Inf'];
const SECONDS = 600;
const STEP = 5;

/**
 * Unix seconds at which every recording of this kind begins, and at which its culprit begins to take half a second
 * longer.
 */
export const BEGINS = 1_700_000_000;
export const SLOW_FROM = BEGINS + 400;

type Matrix = { metric: Record<string, string>; values: [number, string][] }[];

/** Cumulative histograms of spans: `cart` calls `store`, which is slow from `SLOW_FROM` on. */
function spans(): Matrix {
  const series: Matrix = [];
  const services = [
    { service_name: 'cart', span_kind: 'SPAN_KIND_SERVER', before: 0.05, slow: 0.55 },
    { service_name: 'store', span_kind: 'SPAN_KIND_SERVER', before: 0.02, slow: 0.52 },
  ];
  for (const { before, slow, ...labels } of services) {
    const add = (
      name: string,
      more: Record<string, string>,
      valueAt: (count: [number, number]) => number,
    ): void => {
      const metric = { __name__: name, status_code: 'STATUS_CODE_UNSET', ...labels, ...more };
      const values: [number, string][] = [];
      for (let time = 0; time <= SECONDS; time += STEP) {
        const fast = 10 * Math.min(time, SLOW_FROM - BEGINS);
        values.push([BEGINS + time, String(valueAt([fast, 10 * time - fast]))]);
      }
      series.push({ metric, values });
    };
    const family = 'traces_span_metrics_duration_seconds';
    for (const le of BOUNDS) {
      const bound = le === '+Inf' ? Infinity : Number(le);
      add(`${family}_bucket`, { le }, ([a, b]) => (before <= bound ? a : 0) + (slow <= bound ? b : 0));
    }
    add(`${family}_sum`, {}, ([a, b]) => a * before + b * slow);
    add(`${family}_count`, {}, ([a, b]) => a + b);
    add('traces_span_metrics_calls_total', {}, ([a, b]) => a + b);
  }
  return series;
}

const iso = (time: number): string => new Date(time * 1000).toISOString();

function post(at: number, service: string, status = 'firing'): object {
  const alert = {
    status,
    labels: { alertname: 'LatencyHigh', service, severity: 'critical' },
    annotations: { summary: 'p95 latency is high' },
    startsAt: iso(SLOW_FROM + 30),
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : iso(at),
    fingerprint: service,
  };
  return {
    received_at: iso(at),
    url: '/am/by-alertname',
    body: { version: '4', receiver: 'r', groupKey: service, alerts: [alert] },
  };
}

/** Writes a recording named `slow-store` into a folder of its own, with alerts of both services. */
export function writeRecording(): CaseFolder {
  const folder = new CaseFolder();
  const write = (name: string, content: object | string): string =>
    folder.write(`slow-store/${name}`, content);
  write('spans.json.gz', spans());
  for (const name of ['process', 'redis', 'node', 'probe']) write(`${name}.json.gz`, []);
  write('callgraph.json', { edges: [{ caller: 'cart', callee: 'store' }] });
  write('label.json', {
    root_cause_service: 'store',
    fault_kind: 'network_latency',
    inject_epoch: SLOW_FROM,
    stop_epoch: SLOW_FROM + 150,
    t_end: iso(BEGINS + SECONDS),
  });
  write('changes.json', [
    { t: SLOW_FROM - 50, service: 'cart', kind: 'deploy', version: '2', previous: '1' },
    { t: SLOW_FROM + 55, service: 'store', kind: 'restart', version: '1', previous: '1' },
  ]);
  write('webhooks/1.json', post(SLOW_FROM + 31, 'store'));
  write('webhooks/2.json', post(SLOW_FROM + 35, 'cart'));
  write('webhooks/3.json', post(SLOW_FROM + 160, 'cart', 'resolved'));
  return folder;
}
