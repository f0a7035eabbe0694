import { randomOf } from '../support/random.js';

/** What one process serves at one endpoint. */
export interface Part {
  pod: string;
  version: string;
  node: string;
  zone: string;
  /** `GET /cart`. */
  endpoint: string;
}

/** A service whose requests have labels for all dimensions, and what of them suffers. */
export interface SlicedService {
  name: string;
  /** Requests per second of one process at one endpoint. */
  rate: number;
  endpoints: string[];
  pods: number;
  /** Whether these requests are slow from the onset on. */
  isSlow?: (part: Part) => boolean;
  /** Whether every second one of these fails from the onset on. */
  isFailing?: (part: Part) => boolean;
}

export const COURSE = { beforeSeconds: 1800, afterSeconds: 300, stepSeconds: 15 };
const USUAL_SECONDS = 0.03;
const EXTRA_SECONDS = 0.6;
const FAILED_USUALLY = 0.002;

/** Four nodes in two zones; the two pods of version 2.31 are on different nodes of different zones. */
export function partsOf({ pods, endpoints }: SlicedService): Part[] {
  return Array.from({ length: pods }, (_, pod) => ({
    pod: `pod-${pod}`,
    version: pod === 0 || pod === 6 ? '2.31' : '2.30',
    node: `node-${pod % 4}`,
    zone: pod % 4 < 2 ? 'zone-a' : 'zone-b',
  })).flatMap((place) => endpoints.map((endpoint) => ({ ...place, endpoint })));
}

/** What OpenTelemetry's HTTP metrics and kube-state-metrics write of these services, as OpenMetrics text. */
export function writtenRequests(services: readonly SlicedService[], onset: number): string {
  const times: number[] = [];
  for (
    let time = onset - COURSE.beforeSeconds;
    time <= onset + COURSE.afterSeconds;
    time += COURSE.stepSeconds
  )
    times.push(time);
  const lines = services.flatMap((service, index) => {
    const random = randomOf(101 + index);
    return partsOf(service).flatMap((part) => {
      const [method, route] = part.endpoint.split(' ');
      const labels = `service_name="${service.name}",service_version="${part.version}",k8s_pod_name="${service.name}-${part.pod}",http_request_method="${method}",http_route="${route}"`;
      const written = { '200': { count: 0, sum: 0 }, '500': { count: 0, sum: 0 } };
      return times.flatMap((time) => {
        const isBad = time > onset;
        const requests = arrivals(random, service.rate * COURSE.stepSeconds);
        const seconds = USUAL_SECONDS + (isBad && service.isSlow?.(part) ? EXTRA_SECONDS : 0);
        const failing = isBad && service.isFailing?.(part) ? 0.5 : FAILED_USUALLY;
        for (let i = 0; i < requests; i += 1) {
          const ended = written[random.next() < failing ? '500' : '200'];
          ended.count += 1;
          // Times of requests spread widely: exponentially around their mean.
          ended.sum += -seconds * Math.log(1 - random.next());
        }
        return Object.entries(written).flatMap(([status, { count, sum }]) => {
          const all = `{${labels},http_response_status_code="${status}"`;
          const metric = 'http_server_request_duration_seconds';
          return [
            `${metric}_bucket${all},le="+Inf"} ${count} ${time}`,
            `${metric}_sum${all}} ${sum} ${time}`,
            `${metric}_count${all}} ${count} ${time}`,
          ];
        });
      });
    });
  });
  return `${[...lines, ...placement(services, times)].join('\n')}\n# EOF\n`;
}

function placement(services: readonly SlicedService[], times: readonly number[]): string[] {
  const pods = services.flatMap((service) =>
    partsOf({ ...service, endpoints: [''] }).map(({ pod, node }) => [`${service.name}-${pod}`, node]),
  );
  const nodes = [0, 1, 2, 3].map((node) => [`node-${node}`, node < 2 ? 'zone-a' : 'zone-b']);
  return times.flatMap((time) => [
    ...pods.map(([pod, node]) => `kube_pod_info{namespace="shop",pod="${pod}",node="${node}"} 1 ${time}`),
    ...nodes.map(
      ([node, zone]) =>
        `kube_node_labels{node="${node}",label_topology_kubernetes_io_zone="${zone}"} 1 ${time}`,
    ),
  ]);
}

/** How many come when so many are expected (Poisson, by counting exponential gaps). */
function arrivals(random: ReturnType<typeof randomOf>, expected: number): number {
  let left = expected;
  let count = -1;
  while (left > 0) {
    left += Math.log(1 - random.next());
    count += 1;
  }
  return Math.max(0, count);
}
