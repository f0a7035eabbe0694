import type { Change } from '../../../../model/change.js';
import { fits, fullName, lastWriteOf } from '../metadata.js';
import type { MetadataOnly, NetworkPolicy, Service, Template, Workload } from '../objects.js';
import type { Owners } from '../owners.js';
import { changeOf, within, type Window } from './change.js';

/** Services of which one changed setting is told each; one that more of them use concerns no single one. */
const MAX_USERS = 5;

/** Helm keeps its releases in secrets, and what every namespace has changes with the cluster. */
const NO_SETTING = /^sh\.helm\.release\.|^kube-root-ca\.crt$|^openshift-service-ca\.crt$/;

/** A workload of a service, with its kind. */
export interface Member {
  kind: string;
  workload: Workload;
}

/**
 * Config maps and secrets that were written, by the account that each gives of its writers; nobody reads their values.
 */
export function settingChanges(
  kind: 'ConfigMap' | 'Secret',
  items: readonly MetadataOnly[],
  members: readonly Member[],
  owners: Owners,
  window: Window,
  source: string,
): Change[] {
  return items.flatMap(({ metadata }) => {
    const write = ['data', 'binaryData']
      .flatMap((field) => lastWriteOf(metadata, [field]) ?? [])
      .sort((a, b) => b.time - a.time)[0];
    if (write === undefined || !within(write.time, window) || NO_SETTING.test(metadata.name)) return [];
    const using = members.filter(
      ({ workload }) =>
        workload.metadata.namespace === metadata.namespace &&
        namesSetting(workload.spec.template, kind, metadata.name),
    );
    const users = new Set(using.flatMap((one) => owners.serviceOf(one.kind, one.workload.metadata) ?? []));
    const own =
      users.size > 0 ? [...users] : [owners.serviceOf(kind, metadata)].filter((one) => one !== null);
    const isNew = Math.abs(write.time - (metadata.creationTimestamp ?? 0)) < 1;
    const named: (string | null)[] = own.length > MAX_USERS ? [null] : own;
    return named.map((service) =>
      changeOf(
        {
          id: `${kind} ${fullName(metadata)} ${metadata.resourceVersion} ${service ?? ''}`.trim(),
          kind: 'config',
          time: write.time,
          service,
          title: `${kind} ${fullName(metadata)} ${isNew ? 'created' : 'changed'}`,
          details: [`written by ${write.manager}`, users.size > 0 ? `used by ${[...users].join(', ')}` : ''],
        },
        source,
      ),
    );
  });
}

/** Whether a pod's template takes a config map or a secret in, as a volume or in its environment. */
function namesSetting(
  template: Template | null | undefined,
  kind: 'ConfigMap' | 'Secret',
  name: string,
): boolean {
  const keys =
    kind === 'ConfigMap'
      ? ['configMap', 'configMapRef', 'configMapKeyRef']
      : ['secret', 'secretRef', 'secretKeyRef'];
  const search = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(search);
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(
      ([key, inside]) => (keys.includes(key) && isCalled(inside, name)) || search(inside),
    );
  };
  return search(template?.spec);
}

function isCalled(reference: unknown, name: string): boolean {
  if (typeof reference !== 'object' || reference === null) return false;
  const { name: called, secretName } = reference as { name?: unknown; secretName?: unknown };
  return called === name || secretName === name;
}

/** Services and network policies whose specification was written. */
export function routingChanges(
  { services, policies }: { services: readonly Service[]; policies: readonly NetworkPolicy[] },
  members: readonly Member[],
  owners: Owners,
  window: Window,
  source: string,
): Change[] {
  const told = (kind: string, { metadata }: Service | NetworkPolicy, service: string | null): Change[] => {
    const write = lastWriteOf(metadata, ['spec']);
    if (write === null || !within(write.time, window)) return [];
    const id = `${kind} ${fullName(metadata)} ${metadata.resourceVersion} ${service ?? ''}`.trim();
    const title = `${kind} ${fullName(metadata)} written`;
    const details = [`written by ${write.manager}`];
    return [changeOf({ id, kind: 'config', time: write.time, service, title, details }, source)];
  };
  return [
    ...services.flatMap((one) => {
      const service = owners.serviceOf('Service', {
        ...one.metadata,
        labels: { ...one.spec.selector, ...one.metadata.labels },
      });
      return service === null ? [] : told('Service', one, service);
    }),
    ...policies.flatMap((policy) => {
      const selector = policy.spec.podSelector ?? { matchLabels: {}, matchExpressions: [] };
      const chosen = members.filter(
        ({ workload: { metadata, spec } }) =>
          metadata.namespace === policy.metadata.namespace &&
          fits(spec.template?.metadata?.labels ?? {}, selector),
      );
      const names = new Set(
        chosen.flatMap(({ kind, workload }) => owners.serviceOf(kind, workload.metadata) ?? []),
      );
      const concerned: (string | null)[] = names.size > MAX_USERS ? [null] : [...names];
      return concerned.flatMap((service) => told('NetworkPolicy', policy, service));
    }),
  ];
}
