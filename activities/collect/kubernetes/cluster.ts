import pMap from 'p-map';
import type { KubernetesConfig } from '../../../config/kubernetes.js';
import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import type { Aliases } from '../../../model/identity/aliases.js';
import { NoCredentials } from '../../connection/credentials.js';
import type { Limits } from '../attempt.js';
import { CONCURRENCY } from '../deps.js';
import { merged } from '../gaps.js';
import { ServiceNames } from '../scope/service-names.js';
import { KubernetesApi, type Listing } from './api.js';
import { KINDS, type ObjectKind } from './kinds.js';
import { findHomes } from './namespaces.js';
import { Owners } from './owners.js';
import { openTransport, type Transport } from './transport.js';

export type KindName = keyof typeof KINDS;
export type ObjectOf<K extends KindName> = (typeof KINDS)[K] extends ObjectKind<infer T> ? T : never;
export type Objects<K extends KindName> = { [kind in K]: Listing<ObjectOf<kind>> };

/** An open cluster, with the namespaces and the names of a scope. */
export interface Cluster {
  api: KubernetesApi;
  namespaces: string[];
  /** Says whose an object is; what is added to it leads chains of owners on. */
  owners: Owners;
  names: ServiceNames;
}

/** What is asked of a cluster: a scope's services, under the names that people use. */
export type ClusterScope = Pick<Scope, 'service' | 'services' | 'reading'>;

/**
 * Opens a cluster, finds the namespaces of the scope, lets `work` read, and closes it again. What could not be read
 * comes as gaps. Rejects only when the work is cancelled, or when another attempt is worth it.
 */
export async function withCluster<T>(
  config: KubernetesConfig,
  { scope, aliases }: { scope: ClusterScope; aliases: Aliases },
  limits: Limits,
  work: (cluster: Cluster) => Promise<T>,
): Promise<{ read: T | null; gaps: Gap[] }> {
  let transport: Transport;
  try {
    transport = await openTransport(config);
  } catch (error) {
    if (!(error instanceof NoCredentials)) throw error;
    return { read: null, gaps: [{ source: config.name, what: 'the whole cluster', reason: error.message }] };
  }
  try {
    const api = new KubernetesApi(config, transport, limits);
    const names = new ServiceNames(scope.services, aliases);
    const { namespaces, isHome } = await findHomes(api, config, scope, names);
    const read = await work({ api, namespaces, names, owners: new Owners(names, isHome) });
    return { read, gaps: merged(api.gaps) };
  } finally {
    transport.close();
  }
}

/** What narrows a list at the server. */
const SELECTORS: Partial<Record<KindName, string>> = {
  // Jobs leave pods that ended well behind.
  pods: 'status.phase!=Succeeded',
  events: 'type=Warning',
  scalingEvents: 'reason=ScalingReplicaSet',
};

/** Reads kinds of objects in all namespaces of a cluster, a few requests at a time. */
export async function readObjects<K extends KindName>(
  { api, namespaces }: Cluster,
  kinds: readonly K[],
): Promise<Objects<K>> {
  const questions = kinds.flatMap((kind) => namespaces.map((namespace) => ({ kind, namespace })));
  const answers = await pMap(
    questions,
    async ({ kind, namespace }) => {
      const fieldSelector = SELECTORS[kind];
      const request = { namespace, ...(fieldSelector !== undefined && { fieldSelector }) };
      return { kind, list: await api.list(KINDS[kind] as ObjectKind<ObjectOf<K>>, request) };
    },
    { concurrency: CONCURRENCY },
  );
  const read = kinds.map((kind) => {
    const lists = answers.filter((one) => one.kind === kind).map(({ list }) => list);
    const whole: Listing<ObjectOf<K>> = {
      items: lists.flatMap(({ items }) => items),
      isWhole: lists.every(({ isWhole }) => isWhole),
    };
    return [kind, whole] as const;
  });
  return Object.fromEntries(read) as unknown as Objects<K>;
}
