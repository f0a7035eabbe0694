import type { DiagnosisInput } from '../../analysis/input.js';
import type { CallEdge } from '../../model/graph.js';
import type { Series, SeriesMeta, SignalKind } from '../../model/series.js';
import { randomOf, type Random } from './random.js';

/** What can go wrong in the estate. */
export type Trouble =
  'cpu' | 'memory' | 'disk' | 'delay' | 'loss' | 'connections' | 'errors' | 'slow-code' | 'down' | 'surge';

export interface Fault {
  /** Number of the service; ignored for a surge, which comes in at the front. */
  service: number;
  trouble: Trouble;
  /** Seconds after the alert's time; negative when the alert is late. */
  after?: number;
}

export interface EstateOptions {
  seed: number;
  services?: number;
  stepSeconds?: number;
  /** Samples before and after the alert. */
  before?: number;
  after?: number;
  faults?: Fault[];
  /** Growth of the traffic over the whole window, as a factor. */
  growth?: number;
  /** Services whose latency jitters at all times. */
  jittery?: number[];
  /** Leave out what is not measured. */
  without?: ('graph' | 'resources' | 'traffic' | 'errors')[];
  /** Adds this many series that move at random and belong to nobody's story. */
  noise?: number;
}

interface Service {
  name: string;
  calls: { callee: number; times: number }[];
  /** Seconds. */
  own: number;
  cpuPerRequest: number;
  idleCpu: number;
  memory: number;
  disk: number;
  sockets: number;
  /** Spread of its latency, as a factor's logarithm. */
  spread: number;
}

/** Unix seconds of the alert in every estate. */
export const ALERT_TIME = 1_700_000_000;

export interface Estate {
  input: DiagnosisInput;
  names: string[];
}

/**
 * A small world of services: requests enter at service 0 and spread along a random call graph; every service
 * needs time and resources by request, waits for those it calls, and fails when they fail. Faults change one
 * thing at one service; the rest follows. Numbers are plausible, noisy and reproducible.
 */
export function estate(options: EstateOptions): Estate {
  const { seed, services: count = 10, stepSeconds = 15, before = 120, after = 20, faults = [] } = options;
  const random = randomOf(seed);
  const services = buildServices(count, random);
  for (const index of options.jittery ?? []) services[index]!.spread = 0.6;
  const rows = before + after;
  const times = Float64Array.from({ length: rows }, (_, row) => ALERT_TIME + (row - before) * stepSeconds);
  const columns = new Map<string, Float64Array>();
  const put = (service: number, metric: string, row: number, value: number): void => {
    const key = `${service} ${metric}`;
    let column = columns.get(key);
    if (column === undefined) columns.set(key, (column = new Float64Array(rows).fill(NaN)));
    column[row] = value;
  };
  const base = random.between(40, 120);
  // Each service draws from a stream of its own, so that a fault changes nothing but what follows from it.
  const streams = services.map((_, index) => randomOf(seed * 1009 + index + 1));
  const front = randomOf(seed * 1009);
  for (let row = 0; row < rows; row += 1) {
    const time = times[row]! - ALERT_TIME;
    const active = faults.filter(({ after: delay = 0 }) => time >= delay);
    const has = (service: number, trouble: Trouble): boolean =>
      active.some((fault) => fault.trouble === trouble && fault.service === service);
    const surge = active.some(({ trouble }) => trouble === 'surge') ? 3 : 1;
    const grown = 1 + ((options.growth ?? 1) - 1) * (row / rows);
    const entering = base * surge * grown * Math.exp(0.04 * front.normal());
    step({ services, streams, entering, crowd: (entering / base) * 1, has }, (service, metric, value) =>
      put(service, metric, row, value),
    );
  }
  const series = seriesOf(columns, services, times, options);
  for (let index = 0; index < (options.noise ?? 0); index += 1)
    series.push(noiseSeries(index, times, random));
  const edges: CallEdge[] = services.flatMap(({ name, calls }) =>
    calls.map(({ callee }) => ({
      caller: name,
      callee: services[callee]!.name,
      learntFrom: { source: 'estate', seenAt: null },
    })),
  );
  const names = services.map(({ name }) => name);
  return {
    names,
    input: {
      anomaly: { service: names[0]!, symptom: 'other', time: ALERT_TIME },
      window: { start: times[0]!, end: times[rows - 1]!, stepSeconds },
      graph: {
        services: names,
        edges: options.without?.includes('graph') ? [] : edges,
        placements: names.map((service) => ({
          service,
          host: 'node-1',
          learntFrom: { source: 'estate', seenAt: null },
        })),
        external: [],
      },
      series,
      changes: [],
      checks: [],
      spans: null,
      logs: null,
      conditions: null,
      gaps: [],
    },
  };
}

/** Every service but the first is called by an earlier one, some by two. */
function buildServices(count: number, random: Random): Service[] {
  const services = Array.from({ length: count }, (_, index): Service => {
    return {
      name: `svc-${String.fromCharCode(97 + (index % 26))}${Math.floor(index / 26) || ''}`,
      calls: [],
      own: Math.exp(random.between(Math.log(0.003), Math.log(0.04))),
      cpuPerRequest: random.between(0.001, 0.006),
      idleCpu: random.between(0.01, 0.05),
      memory: random.between(5e7, 6e8),
      disk: random.between(1e3, 1e5),
      sockets: random.between(10, 60),
      spread: random.between(0.05, 0.12),
    };
  });
  for (let callee = 1; callee < count; callee += 1) {
    const callers = new Set([
      random.whole(Math.max(0, Math.floor(callee / 3) - 1), Math.floor((callee - 1) / 1.5)),
    ]);
    if (random.next() < 0.3) callers.add(random.whole(0, callee - 1));
    for (const caller of callers) {
      services[caller]!.calls.push({ callee, times: random.next() < 0.7 ? 1 : random.between(0.3, 2.5) });
    }
  }
  return services;
}

interface Moment {
  services: Service[];
  streams: Random[];
  entering: number;
  /** Traffic in units of the usual. */
  crowd: number;
  has: (service: number, trouble: Trouble) => boolean;
}

/** One sample of everything. Callees have higher numbers than their callers. */
function step(
  { services, streams, entering, crowd, has }: Moment,
  put: (s: number, m: string, v: number) => void,
): void {
  const count = services.length;
  const load = new Float64Array(count);
  load[0] = entering;
  for (let index = 0; index < count; index += 1) {
    // Who fails early asks nobody.
    const through = has(index, 'errors') ? 0.55 : has(index, 'down') ? 0 : 1;
    for (const { callee, times } of services[index]!.calls) {
      load[callee] = load[callee]! + load[index]! * times * through;
    }
  }
  const latency = new Float64Array(count);
  /** What it is when nothing is wrong. */
  const usual = new Float64Array(count);
  const failing = new Float64Array(count);
  /** What callers see on top of what the service sees. */
  const wayIn = new Float64Array(count);
  for (let index = count - 1; index >= 0; index -= 1) {
    const service = services[index]!;
    const random = streams[index]!;
    const noisy = (value: number, spread: number): number => value * Math.exp(spread * random.normal());
    const slow =
      (has(index, 'cpu') ? 4 : 1) *
      (has(index, 'slow-code') ? 6 : 1) *
      (has(index, 'memory') ? 1.3 : 1) *
      (has(index, 'disk') ? 2.5 : 1) *
      (has(index, 'connections') ? 3 : 1) *
      (crowd > 1.5 ? 1 + 0.4 * (crowd - 1) : 1);
    const way = has(index, 'delay') ? 0.15 : has(index, 'loss') ? 0.06 : 0;
    let waited = 0;
    let ok = 1 - (has(index, 'errors') ? 0.45 : 0) - (has(index, 'connections') ? 0.08 : 0);
    for (const { callee, times } of service.calls) {
      waited += times * (latency[callee]! + wayIn[callee]! + way + 0.001);
      ok *= 1 - Math.min(1, times) * failing[callee]! * 0.9;
    }
    usual[index] =
      service.own +
      service.calls.reduce((sum, { callee, times }) => sum + times * (usual[callee]! + 0.001), 0);
    wayIn[index] = way;
    latency[index] = noisy(service.own * slow + waited, service.spread);
    const lost = has(index, 'down') ? 1 : has(index, 'loss') ? 0.04 : 0;
    failing[index] = 1 - ok * (1 - lost);
    const busy =
      noisy(service.idleCpu + load[index]! * service.cpuPerRequest, 0.05) + (has(index, 'cpu') ? 0.8 : 0);
    if (has(index, 'down')) continue;
    put(index, 'latency-50', latency[index]! + way);
    put(index, 'latency-90', noisy((latency[index]! + way) * 1.8, service.spread));
    put(index, 'error', failing[index]! + Math.max(0, 0.002 + 0.001 * random.normal()));
    put(index, 'workload', noisy(load[index]!, 0.03));
    put(index, 'cpu', busy);
    put(index, 'mem', noisy(service.memory, 0.005) * (has(index, 'memory') ? 2.5 : 1));
    put(index, 'diskio', noisy(service.disk * (0.5 + 0.5 * crowd), 0.2) * (has(index, 'disk') ? 12 : 1));
    put(
      index,
      'socket',
      // Half are kept for later, half are in flight: as many as come times how long each stays.
      noisy(service.sockets * (0.5 + (0.5 * crowd * latency[index]!) / usual[index]!), 0.04) *
        (has(index, 'connections') ? 5 : 1),
    );
  }
}

const METRICS: Record<string, Pick<SeriesMeta, 'signal' | 'unit' | 'worse' | 'perspective'>> = {
  'latency-50': { signal: 'latency', unit: 's', worse: 'up', perspective: 'server' },
  'latency-90': { signal: 'latency', unit: 's', worse: 'up', perspective: 'server' },
  error: { signal: 'errors', unit: '1', worse: 'up', perspective: 'server' },
  workload: { signal: 'traffic', unit: 'req/s', worse: 'either', perspective: 'server' },
  cpu: { signal: 'cpu', unit: 'cores', worse: 'up', perspective: 'self' },
  mem: { signal: 'memory', unit: 'bytes', worse: 'up', perspective: 'self' },
  diskio: { signal: 'disk', unit: 'bytes/s', worse: 'up', perspective: 'self' },
  socket: { signal: 'connections', unit: '1', worse: 'up', perspective: 'self' },
};

const WITHHELD: Record<string, SignalKind[]> = {
  resources: ['cpu', 'memory', 'disk', 'connections'],
  traffic: ['traffic'],
  errors: ['errors'],
  graph: [],
};

function seriesOf(
  columns: Map<string, Float64Array>,
  services: Service[],
  times: Float64Array,
  { without = [] }: EstateOptions,
): Series[] {
  const withheld = without.flatMap((what) => WITHHELD[what] ?? []);
  return [...columns].flatMap(([key, values]) => {
    const [index, metric] = key.split(' ') as [string, string];
    const meaning = METRICS[metric]!;
    if (withheld.includes(meaning.signal)) return [];
    const { name } = services[Number(index)]!;
    return [
      {
        id: `${name}/${metric}`,
        subject: { kind: 'service', service: name },
        name: metric,
        query: metric,
        source: 'estate',
        times,
        values,
        ...meaning,
      },
    ];
  });
}

/** A batch job somewhere: walks, steps and spikes, at any time. */
function noiseSeries(index: number, times: Float64Array, random: Random): Series {
  const values = new Float64Array(times.length);
  const style = index % 3;
  let level = random.between(1, 100);
  const size = level * 0.1;
  for (let row = 0; row < values.length; row += 1) {
    if (style === 0) level += size * 0.3 * random.normal();
    if (style === 1 && random.next() < 0.03) level = random.between(1, 100);
    values[row] = level + size * random.normal() + (style === 2 && random.next() < 0.05 ? 10 * size : 0);
  }
  const service = `batch-${index % 40}`;
  return {
    id: `${service}/noise-${index}`,
    subject: { kind: 'service', service },
    signal: index % 2 === 0 ? 'cpu' : 'other',
    name: `noise-${index}`,
    unit: '1',
    worse: index % 2 === 0 ? 'up' : 'either',
    perspective: 'self',
    query: '',
    source: 'estate',
    times,
    values,
  };
}
