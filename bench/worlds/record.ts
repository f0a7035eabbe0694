/** What happened, by tick and service (or call), and every latency by sample of the monitoring. */
export interface Recording {
  ticks: number;
  tickSeconds: number;
  /** First tick that is recorded. */
  from: number;
  /** Ticks per sample of the monitoring. */
  perSample: number;
  service: Record<ServiceField, Float64Array[]>;
  edge: Record<EdgeField, Float64Array[]>;
  serverLatency: number[][][];
  clientLatency: number[][][];
  hostCpu: Float64Array[];
  spans: Spans;
}

const SERVICE_FIELDS = [
  'requests',
  'errors',
  'busySeconds',
  'cpu',
  'memory',
  'disk',
  'sent',
  'received',
  'outSeconds',
  'leaked',
  'down',
] as const;
export type ServiceField = (typeof SERVICE_FIELDS)[number];
const EDGE_FIELDS = ['requests', 'errors', 'busySeconds'] as const;
export type EdgeField = (typeof EDGE_FIELDS)[number];

/** Spans by row; times in seconds since the world began. Parent -1 is a root. */
export interface Spans {
  trace: number[];
  parent: number[];
  service: number[];
  /** The call's callee; the service itself where it serves. */
  callee: number[];
  start: number[];
  duration: number[];
}

export function newRecording(
  size: { services: number; edges: number; hosts: number },
  time: Pick<Recording, 'ticks' | 'tickSeconds' | 'from' | 'perSample'>,
): Recording {
  const lists = (count: number): Float64Array[] =>
    Array.from({ length: count }, () => new Float64Array(time.ticks));
  const samples = Math.ceil(time.ticks / time.perSample);
  const latencies = (count: number): number[][][] =>
    Array.from({ length: count }, () => Array.from({ length: samples }, () => []));
  const fields = <F extends string>(names: readonly F[], count: number): Record<F, Float64Array[]> =>
    Object.fromEntries(names.map((name) => [name, lists(count)])) as Record<F, Float64Array[]>;
  return {
    ...time,
    service: fields(SERVICE_FIELDS, size.services),
    edge: fields(EDGE_FIELDS, size.edges),
    serverLatency: latencies(size.services),
    clientLatency: latencies(size.edges),
    hostCpu: lists(size.hosts),
    spans: { trace: [], parent: [], service: [], callee: [], start: [], duration: [] },
  };
}

/** Both recordings in one: what began before the onset may end after it. Changes `calm`. */
export function joined(calm: Recording, after: Recording): Recording {
  const add = (to: Float64Array[], from: Float64Array[]): void => {
    to.forEach((list, index) => {
      const more = from[index]!;
      for (let tick = 0; tick < list.length; tick += 1) list[tick] = list[tick]! + more[tick]!;
    });
  };
  for (const field of SERVICE_FIELDS) add(calm.service[field], after.service[field]);
  for (const field of EDGE_FIELDS) add(calm.edge[field], after.edge[field]);
  add(calm.hostCpu, after.hostCpu);
  const append = (to: number[][][], from: number[][][]): void => {
    to.forEach((samples, index) => {
      samples.forEach((values, sample) => {
        for (const value of from[index]![sample]!) values.push(value);
      });
    });
  };
  append(calm.serverLatency, after.serverLatency);
  append(calm.clientLatency, after.clientLatency);
  const rows = calm.spans.trace.length;
  const traces = (calm.spans.trace.at(-1) ?? -1) + 1;
  after.spans.trace.forEach((trace, row) => {
    calm.spans.trace.push(trace + traces);
    const parent = after.spans.parent[row]!;
    calm.spans.parent.push(parent < 0 ? parent : parent + rows);
    calm.spans.service.push(after.spans.service[row]!);
    calm.spans.callee.push(after.spans.callee[row]!);
    calm.spans.start.push(after.spans.start[row]!);
    calm.spans.duration.push(after.spans.duration[row]!);
  });
  return calm;
}
