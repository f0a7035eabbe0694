import { escapeRegExp } from './text.js';
import { baseOf } from '../../../model/identity/names.js';
import { identify } from '../../../model/identity/identify.js';
import type { ServiceNames } from '../scope/service-names.js';
import { MAX_VALUES } from './limits.js';
import type { Labels, Selector } from './source.js';

/**
 * Fields that name the service which wrote a line, the most telling first: OpenTelemetry's and ECS's own, labels of
 * Kubernetes as Vector, Fluent Bit, Promtail and Filebeat write them, syslog's program.
 */
export const SERVICE_FIELDS = [
  'service.name',
  'service_name',
  'resource.attributes.service.name',
  'resource.service.name',
  'service',
  'kubernetes.labels.app.kubernetes.io/name',
  'kubernetes.labels.app_kubernetes_io/name',
  'kubernetes.pod_labels.app.kubernetes.io/name',
  'kubernetes_labels_app_kubernetes_io_name',
  'app_kubernetes_io_name',
  'kubernetes.labels.app',
  'kubernetes.pod_labels.app',
  'kubernetes_labels_app',
  'k8s.deployment.name',
  'k8s_deployment_name',
  'kubernetes.deployment.name',
  'app',
  'application',
  'appname',
  'app_name',
  'program',
  'syslog.appname',
] as const;

/** Fields of objects that belong to a service, and of where it is. */
const PLACE_FIELDS = [
  'deployment',
  'statefulset',
  'daemonset',
  'k8s.statefulset.name',
  'k8s_statefulset_name',
  'k8s.daemonset.name',
  'k8s_daemonset_name',
  'container',
  'container_name',
  'container.name',
  'kubernetes.container_name',
  'kubernetes.container.name',
  'kubernetes_container_name',
  'k8s.container.name',
  'k8s_container_name',
  'pod',
  'pod_name',
  'kubernetes.pod_name',
  'kubernetes.pod.name',
  'kubernetes_pod_name',
  'k8s.pod.name',
  'k8s_pod_name',
  'job',
  'namespace',
  'namespace_name',
  'kubernetes.namespace',
  'kubernetes.namespace_name',
  'kubernetes.pod_namespace',
  'kubernetes_namespace_name',
  'kubernetes_namespace',
  'k8s.namespace.name',
  'k8s_namespace_name',
  'service.namespace',
  'service_namespace',
] as const;

/** All fields by which writers are told apart. */
export const WRITER_FIELDS: readonly string[] = [...SERVICE_FIELDS, ...PLACE_FIELDS];

/** What is also hung on a name without meaning another service. */
const DECORATION = /[-_.]?(service|svc|server|deployment|app)$/iu;

/** A regular expression that the names of these services fit, however a source of logs writes them. */
export function patternFor(services: readonly string[], spellings: readonly string[]): string {
  const stems = [...services, ...spellings].map((name) => {
    const base = baseOf(name);
    return base.replace(DECORATION, '') || base;
  });
  return [...new Set(stems)].map((stem) => escapeRegExp(stem).replace(/\\?[-_. ]/gu, '[-_. ]?')).join('|');
}

/** The known service that wrote lines with these labels; null when it is none, or not certain. */
export function writerOf(
  labels: Labels,
  names: ServiceNames,
): { service: string; selector: Selector } | null {
  const told = identityOf(labels);
  if (told === null) return null;
  const { identity, field } = told;
  const namespace = identity.namespace ?? undefined;
  const service = names.resolveIn(identity.name, [namespace]) ?? names.resolve(identity.written ?? '');
  if (service === null) return null;
  const place = Object.entries(labels).find(([name, value]) => name !== field && value === namespace);
  const within = place === undefined ? null : { field: place[0], value: place[1] };
  return { service, selector: { field, values: [labels[field]!], within } };
}

/** How the labels of a line name who wrote it; null where they only tell of a host, or nothing. */
export function identityOf(labels: Labels): { identity: ReturnType<typeof identify>; field: string } | null {
  const known = Object.fromEntries(Object.entries(labels).map(([name, value]) => [plain(name), value]));
  const identity = identify(known, { serviceLabels: SERVICE_FIELDS.map(plain) });
  if (identity.how === 'hint' || identity.how === 'none' || identity.from === null) return null;
  const field = Object.keys(labels).find((name) => plain(name) === identity.from);
  return field === undefined ? null : { identity, field };
}

/** Labels of Kubernetes are known to identities without the prefix that a collector of logs gives them. */
function plain(field: string): string {
  return field
    .replace(/^(?:resource\.)?attributes\.|^resource\./u, '')
    .replace(
      /^kubernetes[._](?=pod[._]?name|pod[._]namespace|container[._]?name|deployment[._]name|namespace)/u,
      '',
    )
    .replace(/[./]/gu, '_');
}

/** Selectors that select the same, several values in one; the values beyond `MAX_VALUES` are left out. */
export function joined(selectors: readonly Selector[]): { selectors: Selector[]; left: number } {
  const groups = new Map<string, Selector>();
  let left = 0;
  for (const { field, values, within } of selectors) {
    const key = JSON.stringify([field, within]);
    const group = groups.get(key) ?? { field, values: [], within };
    groups.set(key, group);
    for (const value of values) {
      if (group.values.includes(value)) continue;
      if (group.values.length < MAX_VALUES) group.values.push(value);
      else left += 1;
    }
  }
  return { selectors: [...groups.values()], left };
}
