import type { Random } from './random.js';
import type { Recording, ServiceField } from './record.js';
import type { Style } from './styles.js';
import type { Call, Service, World } from './topology.js';

/** A series as written: `entity__metric`, a value per sample, NaN where there is none. */
export interface Column {
  entity: string;
  metric: string;
  values: Float64Array;
}

type Symptom = 'latency' | 'errors' | 'traffic';

/** Name of the metric that an alert on the symptom speaks of. */
export function metricOf(style: Style, symptom: Symptom): string {
  const names = {
    container: { latency: 'latency-90', errors: 'error-ratio', traffic: 'workload' },
    mesh: { latency: 'latency-p99', errors: 'error-ratio', traffic: 'request-rate' },
    cloud: { latency: 'latency-average', errors: 'availability-average', traffic: 'requests-sum' },
    infra: { latency: 'response-time-p95', errors: 'http-5xx-ratio', traffic: 'requests-per-second' },
  };
  return names[style.name][symptom];
}

/** Services whose golden signals this monitoring shows. */
export function watchedServices(random: Random, world: World, style: Style): Service[] {
  const code = world.services.filter(({ kind }) => kind === 'front' || kind === 'service');
  if (style.name === 'cloud') return world.services;
  if (style.name !== 'infra') return code;
  return [world.front, ...random.some(code.slice(1), random.whole(1, 3))];
}

/** What the monitoring of that style shows of what happened. */
export function observe(world: World, style: Style, watched: Service[], recording: Recording): Column[] {
  const view = new View(world, style, recording);
  const columns: Column[] = [];
  for (const service of world.services) {
    const { name: entity } = service;
    const shown = signalsOf(view, style, service, watched.includes(service));
    for (const [metric, values] of Object.entries(shown)) columns.push({ entity, metric, values });
    if (style.hostMetrics && service.kind !== 'external') {
      columns.push({ entity, metric: 'node-cpu-rate', values: view.host(service.host, 100) });
    }
  }
  if (style.name === 'mesh') columns.push(...world.calls.flatMap((call) => callColumns(view, world, call)));
  return columns;
}

/** A call as both sides saw it; what holds data tells nothing of its callers. */
function callColumns(view: View, { services }: World, { from, to, edge }: Call): Column[] {
  const { clientLatency, edge: counts, serverLatency } = view.recording;
  const requests = view.sum(counts.requests[edge]!);
  const seen = clientLatency[edge]!;
  const metrics: Record<string, Float64Array> = {
    'edge-latency-mean-caller': view.average(seen),
    'edge-latency-p50-caller': view.quantile(seen, 0.5),
    'edge-request-rate': view.perSecond(requests),
    'edge-error-ratio': ratio(view.sum(counts.errors[edge]!), requests),
  };
  if (services[to]!.kind === 'service') {
    metrics['edge-latency-mean-callee'] = view.average(serverLatency[to]!);
    metrics['edge-latency-p50-callee'] = view.quantile(serverLatency[to]!, 0.5);
  }
  const entity = `${services[from]!.name}->${services[to]!.name}`;
  return Object.entries(metrics).map(([metric, values]) => ({ entity, metric, values }));
}

function signalsOf(
  view: View,
  style: Style,
  service: Service,
  watched: boolean,
): Record<string, Float64Array> {
  const outside = service.kind === 'external';
  switch (style.name) {
    case 'container': {
      const golden = watched ? view.golden(service, style.clientView) : null;
      return {
        cpu: view.mean('cpu', service),
        mem: view.mean('memory', service),
        diskio: scaled(view.mean('disk', service), 40e6),
        socket: view.sockets(service),
        ...(golden && {
          workload: view.perSecond(golden.requests),
          'error-ratio': ratio(golden.errors, golden.requests),
          'latency-mean': view.average(golden.latency),
          'latency-50': view.quantile(golden.latency, 0.5),
          'latency-90': view.quantile(golden.latency, 0.9),
        }),
      };
    }
    case 'mesh': {
      if (outside) return {};
      const golden = watched ? view.golden(service, false) : null;
      return {
        ...(golden && {
          'request-rate': view.perSecond(golden.requests),
          'error-ratio': ratio(golden.errors, golden.requests),
          'latency-mean': view.average(golden.latency),
          'latency-p50': view.quantile(golden.latency, 0.5),
          'latency-p90': view.quantile(golden.latency, 0.9),
          'latency-p99': view.quantile(golden.latency, 0.99),
        }),
        cpu: view.mean('cpu', service),
        mem: view.mean('memory', service),
      };
    }
    case 'cloud': {
      // What holds data or stands outside is only seen by who calls it.
      const golden = view.golden(service, service.kind === 'store' || outside);
      return {
        'latency-average': view.average(golden.latency),
        'latency-p50': view.quantile(golden.latency, 0.5),
        'latency-p90': view.quantile(golden.latency, 0.9),
        'latency-p99': view.quantile(golden.latency, 0.99),
        'availability-average': scaled(
          ratio(
            golden.requests.map((all, row) => all - golden.errors[row]!),
            golden.requests,
          ),
          100,
        ),
        'requests-sum': golden.requests,
      };
    }
    case 'infra': {
      const golden = watched ? view.golden(service, false) : null;
      return {
        'cpu-usage-cores': view.mean('cpu', service),
        'memory-working-set-bytes': view.mean('memory', service),
        'disk-busy-ratio': view.mean('disk', service),
        'net-rx': view.perSecond(view.sum(view.recording.service.received[service.index]!)),
        'net-tx': view.perSecond(view.sum(view.recording.service.sent[service.index]!)),
        threads: view.sockets(service),
        ...(golden && {
          'requests-per-second': view.perSecond(golden.requests),
          'http-5xx-ratio': ratio(golden.errors, golden.requests),
          'response-time-mean': view.average(golden.latency),
          'response-time-p50': view.quantile(golden.latency, 0.5),
          'response-time-p95': view.quantile(golden.latency, 0.95),
        }),
      };
    }
  }
}

interface Golden {
  requests: Float64Array;
  errors: Float64Array;
  latency: number[][];
}

/** Ticks brought together to samples of the monitoring. */
class View {
  readonly samples: number;
  private readonly sortedSamples = new Map<number[], Float64Array>();

  constructor(
    private readonly world: World,
    private readonly style: Style,
    readonly recording: Recording,
  ) {
    this.samples = Math.floor(recording.ticks / recording.perSample);
  }

  /** Of the service itself, or of all who call it. The front is called from outside, where nobody measures. */
  golden({ index, kind }: Service, byCallers: boolean): Golden {
    const { service, edge, serverLatency, clientLatency } = this.recording;
    if (!byCallers || kind === 'front')
      return {
        requests: this.sum(service.requests[index]!),
        errors: this.sum(service.errors[index]!),
        latency: serverLatency[index]!,
      };
    const into = this.world.calls.filter(({ to }) => to === index).map((call) => call.edge);
    const total = (lists: Float64Array[]): Float64Array =>
      into.reduce((sum, one) => {
        const more = this.sum(lists[one]!);
        return sum.map((value, row) => value + more[row]!);
      }, new Float64Array(this.samples));
    return {
      requests: total(edge.requests),
      errors: total(edge.errors),
      latency: Array.from({ length: this.samples }, (_, row) =>
        into.flatMap((one) => clientLatency[one]![row]!),
      ),
    };
  }

  sum(ticks: Float64Array): Float64Array {
    const { perSample } = this.recording;
    return Float64Array.from({ length: this.samples }, (_, row) => {
      let sum = 0;
      for (let tick = row * perSample; tick < (row + 1) * perSample; tick += 1) sum += ticks[tick]!;
      return sum;
    });
  }

  perSecond(sums: Float64Array): Float64Array {
    return scaled(sums, 1 / this.style.stepSeconds);
  }

  /** A container that is gone has no resources to read. */
  mean(field: ServiceField, { index }: Service): Float64Array {
    const { perSample, service } = this.recording;
    const down = this.sum(service.down[index]!);
    return this.sum(service[field][index]!).map((sum, row) =>
      down[row] === perSample ? NaN : sum / (perSample - down[row]!),
    );
  }

  /** Little (1961): in use = arrivals x time in use, here summed where it was spent; and those kept open. */
  sockets(service: Service): Float64Array {
    const { busySeconds, outSeconds } = this.recording.service;
    const inside = this.perSecond(this.sum(busySeconds[service.index]!));
    const outwards = this.perSecond(this.sum(outSeconds[service.index]!));
    return this.mean('leaked', service).map((leaked, row) =>
      Math.round(4 + service.calls.length * 2 + leaked + inside[row]! + outwards[row]!),
    );
  }

  host(host: number, factor: number): Float64Array {
    return scaled(this.sum(this.recording.hostCpu[host]!), factor / this.recording.perSample);
  }

  average(samples: number[][]): Float64Array {
    return Float64Array.from({ length: this.samples }, (_, row) => {
      const values = samples[row]!;
      return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
    });
  }

  /** Several quantiles are read from the same sample. */
  private sorted(sample: number[]): Float64Array {
    const known = this.sortedSamples.get(sample) ?? new Float64Array(sample).sort();
    this.sortedSamples.set(sample, known);
    return known;
  }

  quantile(samples: number[][], portion: number): Float64Array {
    return Float64Array.from({ length: this.samples }, (_, row) => {
      const values = this.sorted(samples[row]!);
      if (values.length === 0) return NaN;
      const exact = values[Math.min(values.length - 1, Math.floor(portion * values.length))]!;
      const { buckets } = this.style;
      return buckets === 'none' ? exact : bucketed(BOUNDS[buckets], values, portion, exact);
    });
  }
}

/**
 * Upper bounds of the buckets that proxies count latencies in, and of those that OpenTelemetry's SDKs begin with;
 * seconds.
 */
const BOUNDS = {
  fine: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  coarse: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
};

/** The quantile as a histogram tells it: by interpolation within the bucket that holds it. */
function bucketed(bounds: number[], sorted: Float64Array, portion: number, exact: number): number {
  const bucket = bounds.findIndex((bound) => exact <= bound);
  if (bucket < 0) return bounds.at(-1)!;
  const low = bucket === 0 ? 0 : bounds[bucket - 1]!;
  const high = bounds[bucket]!;
  let below = 0;
  let within = 0;
  for (const value of sorted) {
    if (value <= low) below += 1;
    else if (value <= high) within += 1;
  }
  return (
    low + (high - low) * Math.min(1, Math.max(0, (portion * sorted.length - below) / Math.max(1, within)))
  );
}

function scaled(values: Float64Array, factor: number): Float64Array {
  return values.map((value) => value * factor);
}

function ratio(part: Float64Array, whole: Float64Array): Float64Array {
  return part.map((value, row) => (whole[row]! > 0 ? value / whole[row]! : NaN));
}
