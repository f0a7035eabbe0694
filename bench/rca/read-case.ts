import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { CallEdge, ServiceGraph } from '../../model/graph.js';
import type { LogTable, SpanTable } from '../../model/telemetry.js';
import { readChanges } from './read-changes.js';
import { countLines, readLogsCsv, readLogsNdjson, readPatterns } from './read-logs.js';
import { readSeries, type MetricsOfCase } from './read-series.js';
import { callsIn } from '../../analysis/traces/calls.js';
import { endAt, readSpansCsv, readSpansJson, toSpanTable } from './read-traces.js';
import { readTable, readText } from './tables.js';
import { symptomOf } from './vocabulary.js';
import { medianOf } from './units.js';

/** What an engine may know of a case. */
export interface Case {
  id: string;
  dataset: string;
  input: DiagnosisInput;
}

const alertFile = z.object({
  case_id: z.string().optional(),
  dataset: z.string().optional(),
  anomaly_time: z.number(),
  alert_service: z.string().nullish(),
  alert_metric: z.string().nullish(),
  step_seconds: z.number().positive().nullish(),
  baseline_files: z.array(z.string()).nullish(),
  alert: z.object({ summary: z.string().optional(), monitor: z.string().optional() }).nullish(),
});
const graphFile = z.object({
  edges: z.array(z.tuple([z.string(), z.string()])),
  direction: z.string().optional(),
  source: z.string().optional(),
});

/** A case that cannot be read: names the folder, the file and what is wrong with it. */
export class BrokenCase extends Error {
  override readonly name = 'BrokenCase';
}

/** Every folder with a metrics table at or below `root`, in the order of their names; none where there is no folder. */
export function findCases(root: string): string[] {
  if (!existsSync(root)) return [];
  const found: string[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    if (entries.some((entry) => /^(?:metrics\.csv(?:\.gz)?|alert\.json)$/u.test(entry.name)))
      found.push(folder);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      // Follows links, as the folder may be put together from several places.
      if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path))) visit(path);
    }
  };
  visit(root);
  return found.sort();
}

function isFolder(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Reads a case but for its label, which no engine may see. Throws `BrokenCase`. */
export function readCase(folder: string): Case {
  const file = filesOf(folder);
  const alert = file.read('alert.json', (path) => alertFile.parse(JSON.parse(readText(path))));
  if (alert === null) throw new BrokenCase(`${folder}: alert.json is missing`);
  const documented = file.read('graph.json', readGraphFile) ?? [];
  const entry = entryOf(documented);
  const metrics = file.read('metrics.csv', (path) => {
    const table = readTable(path);
    const step = alert.step_seconds ?? stepOf(table.numbers('time'));
    return readSeries(table, alert.alert_service ?? entry, step);
  });
  if (metrics === null) throw new BrokenCase(`${folder}: metrics.csv is missing`);
  if (metrics.times.length === 0) throw new BrokenCase(`${folder}: metrics.csv has no rows`);

  const { times } = metrics;
  const window = { start: times[0]!, end: times.at(-1)!, stepSeconds: alert.step_seconds ?? stepOf(times) };
  const spans = readSpans(file, alert.anomaly_time, window.start, alert.baseline_files ?? []);
  const graph = graphOf(documented, metrics, spans);
  const service = alert.alert_service ?? entryOf(graph.edges) ?? loudest(metrics, alert.anomaly_time);
  if (!graph.services.includes(service)) graph.services.push(service);
  const title = [alert.alert?.monitor, alert.alert?.summary].filter((part) => part !== undefined).join(': ');
  return {
    id: alert.case_id ?? folder.split('/').at(-1)!,
    dataset: alert.dataset ?? 'unknown',
    input: {
      anomaly: {
        service,
        symptom: symptomOf(alert.alert_metric ?? null),
        time: alert.anomaly_time,
        ...(title === '' ? {} : { title }),
      },
      window,
      graph,
      series: metrics.series,
      changes: file.read('context', () => readChanges(folder)) ?? [],
      checks: [],
      spans,
      logs: readLogs(file, alert.anomaly_time, graph.services),
      conditions: null,
      gaps: [],
    },
  };
}

interface CaseFiles {
  folder: string;
  /** What `read` makes of the file (plain or gzipped); null when there is none. Errors name the file. */
  read<T>(name: string, read: (path: string) => T): T | null;
}

function filesOf(folder: string): CaseFiles {
  return {
    folder,
    read(name, read) {
      const path = [join(folder, name), join(folder, `${name}.gz`)].find((candidate) =>
        existsSync(candidate),
      );
      if (path === undefined) return null;
      try {
        return read(path);
      } catch (error) {
        const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
        throw new BrokenCase(`${folder}: ${name} ${reason}`);
      }
    },
  };
}

function readGraphFile(path: string): CallEdge[] {
  const {
    edges,
    direction = 'caller->callee',
    source = 'graph.json',
  } = graphFile.parse(JSON.parse(readText(path)));
  const reversed = /^(?:callee|effect)/u.test(direction);
  return edges.map(([from, to]) => ({
    caller: reversed ? to : from,
    callee: reversed ? from : to,
    learntFrom: { source, seenAt: null },
  }));
}

/** Services and calls from the documented graph, from series of calls, and from spans. */
function graphOf(documented: CallEdge[], metrics: MetricsOfCase, spans: SpanTable | null): ServiceGraph {
  const edges = [...documented];
  const known = new Set(edges.map(({ caller, callee }) => `${caller}\0${callee}`));
  const learn = (source: string, pairs: [string, string][]): void => {
    for (const [caller, callee] of pairs) {
      if (known.has(`${caller}\0${callee}`)) continue;
      known.add(`${caller}\0${callee}`);
      edges.push({ caller, callee, learntFrom: { source, seenAt: null } });
    }
  };
  learn('metrics', metrics.edges);
  if (spans) learn('traces', callsIn(spans));
  const services = new Set([...metrics.services, ...edges.flatMap(({ caller, callee }) => [caller, callee])]);
  return { services: [...services], edges, placements: metrics.placements, external: [] };
}

/** The front door: of the services that nobody calls, the one that reaches most. */
function entryOf(edges: Pick<CallEdge, 'caller' | 'callee'>[]): string | null {
  const callees = new Map<string, string[]>();
  for (const { caller, callee } of edges) callees.set(caller, [...(callees.get(caller) ?? []), callee]);
  const called = new Set(edges.map(({ callee }) => callee));
  let best: string | null = null;
  let most = 0;
  for (const root of callees.keys()) {
    if (called.has(root)) continue;
    const reached = new Set([root]);
    for (const service of reached) for (const callee of callees.get(service) ?? []) reached.add(callee);
    if (reached.size > most) [best, most] = [root, reached.size];
  }
  return best;
}

/** Without an alert or a graph: the service whose latency or errors left their earlier median the farthest. */
function loudest(metrics: MetricsOfCase, anomalyTime: number): string {
  let best = metrics.services[0] ?? 'unknown';
  let most = 0;
  for (const { subject, signal, times, values } of metrics.series) {
    if (subject.kind !== 'service' || (signal !== 'latency' && signal !== 'errors')) continue;
    const before = values.filter((_, row) => times[row]! < anomalyTime);
    const middle = medianOf(before);
    const spread = medianOf(before.map((value) => Math.abs(value - middle)));
    const moved = Math.abs(medianOf(values.filter((_, row) => times[row]! >= anomalyTime)) - middle);
    const score = moved / (spread + 1e-9 + 0.01 * Math.abs(middle));
    if (score > most) [best, most] = [subject.service, score];
  }
  return best;
}

function stepOf(times: Float64Array): number {
  const step = medianOf(times.slice(1).map((time, row) => time - times[row]!));
  return step > 0 ? step : 60;
}

function readSpans(
  file: CaseFiles,
  anomalyTime: number,
  windowStart: number,
  baseline: string[],
): SpanTable | null {
  const own =
    file.read('traces.csv', (path) => readSpansCsv(path, anomalyTime)) ??
    file.read('traces.json', readSpansJson);
  if (own === null) return null;
  const calmParts = baseline
    .filter((name) => /traces\.csv/u.test(name))
    .map((name) => upwards(file.folder, name))
    .filter((path) => path !== null)
    // Calm traces of another hour: they end where the window begins, so no reader takes them for the incident.
    .map((path) => endAt(calmSpans(path), windowStart));
  return toSpanTable([...calmParts, own]);
}

/** Many cases share a calm file; a thread reads each once. */
const calm = new Map<string, ReturnType<typeof readSpansCsv>>();
function calmSpans(path: string): ReturnType<typeof readSpansCsv> {
  const spans = calm.get(path) ?? readSpansCsv(path, 0);
  calm.set(path, spans);
  return spans;
}

/** The file of that relative name in the folder or in one above it. */
function upwards(folder: string, name: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, name);
    if (existsSync(path)) return path;
    if (dirname(at) === at) return null;
  }
}

function readLogs(file: CaseFiles, anomalyTime: number, services: string[]): LogTable | null {
  const lines =
    file.read('logs.csv', (path) => readLogsCsv(path, anomalyTime)) ??
    file.read('logs.ndjson', readLogsNdjson) ??
    file.read('patterns.json', (path) => readPatterns(path, anomalyTime));
  return lines === null ? null : countLines(lines, anomalyTime, services);
}
