/*
 * What watches others: exporters, agents, collectors and ingress controllers. Labels that tell where they were scraped
 * name them, not what they measure.
 */

/** What an exporter measures, as far as it decides which label says whom it is about. */
export type ExporterKind =
  /** Machines: whoever was scraped stands for the host. */
  | 'host'
  /** Addresses that it calls: whoever is called is whom it is about. */
  | 'probe'
  /** Databases, queues and the like, one or many: an address that is no IP address is whom it asked. */
  | 'remote'
  | 'other';

const HOST =
  /node[-_]?exporter|windows[-_]?exporter|wmi[-_]?exporter|integrations\/(unix|windows)$|^node$|^telegraf$|netdata/;
const PROBE = /blackbox|(^|[-_/])probes?([-_/]|$)|synthetic|smokeping|cloudprober/;
const REMOTE = /(^|[-_/])exporters?($|[-_])|[a-z]exporter$|(^|[-_/])snmp([-_]|$)/;
const OTHERS = [
  /kube-?state-?metrics|(^|[-_/])ksm($|[-_])|openshift-?state-?metrics/,
  /cadvisor|kubelet|kube-?eagle|kubernetes-nodes/,
  /ingress-?nginx|nginx-?ingress|(^|[-_/])(traefik|haproxy|kong|contour|ingress-?controller)([-_]|$)/,
  /istio-?(mesh|proxy|ingress|policy)|envoy-stats|linkerd-(proxy|controller)/,
  /push-?gateway|statsd|(otel|opentelemetry)[-_]?col(lector)?|grafana-(agent|alloy)|^alloy$|datadog-agent|fluent-?bit/,
  /(^|[-_/])(yace|cloudwatch|stackdriver|thanos-ruler|prometheus|alertmanager)([-_]|$)/,
  /^kubernetes-(pods|services|service-endpoints|apps|ingresses|cadvisor)/,
  /^federate|^federation$/,
];

/** What kind of exporter a label's value names; null when it names none. */
export function exporterKind(value: string): ExporterKind | null {
  const plain = value.toLowerCase();
  if (HOST.test(plain)) return 'host';
  if (PROBE.test(plain)) return 'probe';
  if (OTHERS.some((pattern) => pattern.test(plain))) return 'other';
  return REMOTE.test(plain) ? 'remote' : null;
}

/** Families of metrics that exporters give, by how their names begin. */
const FAMILIES: readonly (readonly [prefix: RegExp, kind: ExporterKind])[] = [
  [/^(node|windows|wmi)_/, 'host'],
  [/^probe_/, 'probe'],
  [/^(kube|kubelet|container|cadvisor|machine)_/, 'other'],
  [/^(nginx_ingress|traefik|haproxy|kong|istio|envoy)_/, 'other'],
  [/^(pg|mysql|redis|mongodb|elasticsearch|kafka|rabbitmq|memcached)_/, 'remote'],
  [/^(aws|stackdriver)_/, 'other'],
];

/** What kind of exporter gives the metrics of an alert's expression, by the first that is known; null when none is. */
export function exporterKindOf(expression: string): ExporterKind | null {
  // Names in front of a selector, a range or an operator; `by (pod)` and label names are none of the families.
  for (const [name] of expression.matchAll(/[a-z_:][a-z0-9_:]*/gi)) {
    const family = FAMILIES.find(([prefix]) => prefix.test(name));
    if (family) return family[1];
  }
  return null;
}

/** Alerts that the monitoring of Kubernetes and of hosts ships with, by how their names begin. */
const ALERTS: readonly (readonly [name: RegExp, kind: ExporterKind])[] = [
  [
    /^Node(Filesystem|Network|CPU|Memory|Disk|Clock|RAID|System|FileDescriptor|HighNumber|Bonding|TextFile)/,
    'host',
  ],
  [/^(Probe|Blackbox)[A-Z]/, 'probe'],
  [/^(Kube[A-Z]|CPUThrottlingHigh)/, 'other'],
];

/** What kind of exporter is behind an alert that ships with it; null for any other alert. */
export function kindOfAlert(alertName: string): ExporterKind | null {
  return ALERTS.find(([name]) => name.test(alertName))?.[1] ?? null;
}

/** Containers that run beside any workload, or whose name says nothing. */
const GENERIC_CONTAINER =
  /^(istio-(proxy|init|validation)|linkerd-(proxy|init)|envoy|envoy-sidecar|consul-dataplane|daprd|cloud-?sql-proxy|vault-agent|oauth2?-proxy|kube-rbac-proxy|config-reloader|fluent-?bit|filebeat|POD|pause|app|main|server|web|api|application|service|container|default|worker|base|metrics|exporter|sidecar|proxy|init)$/i;

/** Whether a container's name tells the workload. */
export function isTellingContainer(container: string): boolean {
  return !GENERIC_CONTAINER.test(container) && exporterKind(container) === null;
}
