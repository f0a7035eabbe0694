/** A service of the written estate: what a request costs it by itself, and whom it calls for each request. */
interface WrittenService {
  ownSeconds: number;
  cpuPerRequest: number;
  calls: string[];
}

export const ESTATE: Readonly<Record<string, WrittenService>> = {
  storefront: { ownSeconds: 0.004, cpuPerRequest: 0.002, calls: ['catalog', 'checkout'] },
  catalog: { ownSeconds: 0.008, cpuPerRequest: 0.003, calls: [] },
  checkout: { ownSeconds: 0.012, cpuPerRequest: 0.004, calls: ['payment', 'shipping'] },
  shipping: { ownSeconds: 0.006, cpuPerRequest: 0.002, calls: [] },
  payment: { ownSeconds: 0.015, cpuPerRequest: 0.005, calls: ['ledger'] },
  ledger: { ownSeconds: 0.007, cpuPerRequest: 0.003, calls: [] },
};

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
export const REQUESTS_PER_SECOND = 20;

export interface WrittenIncident {
  /** Unix seconds. */
  start: number;
  end: number;
  stepSeconds: number;
  /** From here on `faulty` burns CPU, and each of its requests takes `extraSeconds` longer. */
  onset: number;
  faulty: string;
  extraSeconds: number;
  /** Labels of all its series, such as their cluster. @default none */
  labels?: Record<string, string>;
  /** Services that are measured. @default all */
  only?: string[];
  /** Stands before the names of its services. @default none */
  prefix?: string;
}

/**
 * Metrics of small estates, each with one CPU-starved service, as OpenMetrics text with timestamps: what
 * `promtool tsdb create-blocks-from openmetrics` turns into the blocks of a real Prometheus.
 * The call graph is ESTATE's; a slow callee makes its callers slow.
 */
export function writeOpenMetrics(...incidents: WrittenIncident[]): string {
  const families = new Map<string, string[]>();
  const write = (family: string, line: string): void => {
    const lines = families.get(family);
    if (lines) lines.push(line);
    else families.set(family, [line]);
  };
  for (const incident of incidents) {
    for (const service of incident.only ?? Object.keys(ESTATE)) writeService(service, incident, write);
  }
  const blocks = [...families].map(([family, lines]) => {
    const type = family.endsWith('_total') ? 'counter' : family.includes('duration') ? 'histogram' : 'gauge';
    return [`# TYPE ${family.replace(/_total$/, '')} ${type}`, ...lines].join('\n');
  });
  return `${blocks.join('\n')}\n# EOF\n`;
}

function writeService(
  service: string,
  incident: WrittenIncident,
  write: (family: string, line: string) => void,
): void {
  const { ownSeconds, cpuPerRequest, calls } = ESTATE[service]!;
  const { prefix = '' } = incident;
  const job = prefix + service;
  const server = new Histogram('http_server_request_duration_seconds', {
    ...incident.labels,
    job,
    http_route: '/',
    http_request_method: 'POST',
    http_response_status_code: '200',
  });
  const clients = calls.map((callee) => ({
    callee,
    histogram: new Histogram('http_client_request_duration_seconds', {
      ...incident.labels,
      job,
      server_address: prefix + callee,
    }),
  }));
  let cpuSeconds = 0;
  for (let time = incident.start; time <= incident.end; time += incident.stepSeconds) {
    const jitter = 1 + 0.05 * Math.sin(time / 37 + ownSeconds * 1000);
    const requests = REQUESTS_PER_SECOND * incident.stepSeconds * jitter;
    const burning = service === incident.faulty && time >= incident.onset;
    server.observe(requests, secondsOf(service, time, incident) * jitter);
    for (const { callee, histogram } of clients) {
      histogram.observe(requests, (secondsOf(callee, time, incident) + 0.001) * jitter);
    }
    cpuSeconds += requests * cpuPerRequest + (burning ? 0.9 * incident.stepSeconds : 0);

    for (const { family, line } of [server, ...clients.map((client) => client.histogram)].flatMap((one) =>
      one.lines(time),
    )) {
      write(family, line);
    }
    const more = Object.entries(incident.labels ?? {}).map(([name, value]) => `,${name}="${value}"`);
    const labels = `{job="${job}",instance="${job}:8080"${more.join('')}}`;
    write('process_cpu_seconds_total', `process_cpu_seconds_total${labels} ${cpuSeconds.toFixed(3)} ${time}`);
    write(
      'process_resident_memory_bytes',
      `process_resident_memory_bytes${labels} ${Math.round(8e7 * jitter)} ${time}`,
    );
    write('up', `up${labels} 1 ${time}`);
  }
}

/** Seconds that a request takes at `service`: its own and those of the callees that it waits for. */
export function secondsOf(service: string, time: number, incident: WrittenIncident): number {
  const { ownSeconds, calls } = ESTATE[service]!;
  const extra = service === incident.faulty && time >= incident.onset ? incident.extraSeconds : 0;
  return ownSeconds + extra + calls.reduce((sum, callee) => sum + secondsOf(callee, time, incident), 0);
}

/** A cumulative histogram whose every request of a step took about the same time. */
class Histogram {
  private readonly counts = BUCKETS.map(() => 0);
  private count = 0;
  private sum = 0;

  constructor(
    private readonly family: string,
    private readonly labels: Record<string, string>,
  ) {}

  observe(requests: number, seconds: number): void {
    // Four fifths at the mean, the rest spread around it, so that quantiles move smoothly.
    for (const [share, factor] of [
      [0.1, 0.6],
      [0.8, 1],
      [0.1, 1.5],
    ] as const) {
      BUCKETS.forEach((bound, i) => {
        if (seconds * factor <= bound) this.counts[i]! += requests * share;
      });
    }
    this.count += requests;
    this.sum += requests * seconds;
  }

  lines(time: number): { family: string; line: string }[] {
    const { family } = this;
    const labels = Object.entries(this.labels).map(([name, value]) => `${name}="${value}"`);
    const line = (suffix: string, extra: string[], value: number) => ({
      family,
      line: `${family}${suffix}{${[...labels, ...extra].join(',')}} ${value.toFixed(3)} ${time}`,
    });
    return [
      ...BUCKETS.map((bound, i) => line('_bucket', [`le="${bound}"`], this.counts[i]!)),
      line('_bucket', ['le="+Inf"'], this.count),
      line('_count', [], this.count),
      line('_sum', [], this.sum),
    ];
  }
}
