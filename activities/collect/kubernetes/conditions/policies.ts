import { max } from 'd3-array';
import type { CallEdge } from '../../../../model/graph.js';
import type { Objects } from '../cluster.js';
import { fits, fullName, lastWriteOf } from '../metadata.js';
import type { NetworkPolicy, Peer, Pod } from '../objects.js';
import type { Owners } from '../owners.js';
import { ofRoot, type Found } from './found.js';

type Direction = 'Ingress' | 'Egress';

/** The label that every namespace has: its own name. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** A pod of a service, and one that stands for all of the same workload. */
interface Member {
  service: string;
  workload: string;
  pod: Pod;
}

/**
 * Traffic that network policies deny. Policies only add to what is allowed, so it is denied for certain where those
 * that choose a pod allow nothing, or nothing that may be the other side of a known call. Whatever is not plain
 * (addresses, labels of namespaces) counts as allowed. `calls` are those between services of the scope.
 */
export function policyConditions(
  { networkPolicies, pods }: Objects<'networkPolicies' | 'pods'>,
  calls: readonly Pick<CallEdge, 'caller' | 'callee'>[],
  owners: Owners,
): Found[] {
  if (!networkPolicies.isWhole || networkPolicies.items.length === 0) return [];
  const members = new Map<string, Member>();
  for (const pod of pods.items) {
    const service = owners.serviceOf('Pod', pod.metadata);
    const workload = ofRoot(owners.rootOf('Pod', pod.metadata));
    if (service !== null) members.set(workload, { service, workload, pod });
  }
  const of = (service: string): Member[] => [...members.values()].filter((one) => one.service === service);
  const policies = networkPolicies.items;
  return [
    ...[...members.values()].flatMap((member) =>
      (['Ingress', 'Egress'] as const).flatMap((direction) => deniesAll(policies, member, direction)),
    ),
    ...calls.flatMap(({ caller, callee }) =>
      of(callee).flatMap((to) =>
        of(caller).flatMap((from) => [
          ...deniesPeer(policies, to, from, 'Ingress'),
          ...deniesPeer(policies, from, to, 'Egress'),
        ]),
      ),
    ),
  ];
}

function deniesAll(policies: readonly NetworkPolicy[], member: Member, direction: Direction): Found[] {
  const chosen = choosing(policies, member.pod, direction);
  if (chosen.length === 0 || chosen.some((policy) => peersOf(policy, direction).length > 0)) return [];
  const what = direction === 'Ingress' ? 'accept any connection' : 'open any connection';
  return [conditionOf(chosen, member, `${namesOf(chosen)} lets its pods not ${what}`)];
}

/** `member` is whom the policies choose; `other` is the other side of the call. */
function deniesPeer(
  policies: readonly NetworkPolicy[],
  member: Member,
  other: Member,
  direction: Direction,
): Found[] {
  const chosen = choosing(policies, member.pod, direction);
  const rules = chosen.flatMap((policy) => peersOf(policy, direction));
  // Without any rule everything is denied, which is told as that.
  if (rules.length === 0) return [];
  const home = member.pod.metadata.namespace;
  const allows = rules.some(
    (peers) => peers.length === 0 || peers.some((peer) => mayBe(peer, other.pod, home)),
  );
  if (allows) return [];
  const what = direction === 'Ingress' ? `from ${other.service}` : `to ${other.service}`;
  return [conditionOf(chosen, member, `${namesOf(chosen)} allows no connection ${what}`)];
}

/** Whether a peer of a rule in the namespace `home` may mean the pod. */
function mayBe({ podSelector, namespaceSelector, ipBlock }: Peer, { metadata }: Pod, home: string): boolean {
  if (ipBlock !== undefined && ipBlock !== null) return true;
  const fitsPod = !podSelector || fits(metadata.labels, podSelector);
  if (!namespaceSelector) return fitsPod && metadata.namespace === home;
  const keys = [
    ...Object.keys(namespaceSelector.matchLabels),
    ...namespaceSelector.matchExpressions.map(({ key }) => key),
  ];
  const isPlain = keys.every((key) => key === NAMESPACE_NAME);
  return fitsPod && (!isPlain || fits({ [NAMESPACE_NAME]: metadata.namespace }, namespaceSelector));
}

function choosing(
  policies: readonly NetworkPolicy[],
  { metadata }: Pod,
  direction: Direction,
): NetworkPolicy[] {
  return policies.filter(
    (policy) =>
      policy.metadata.namespace === metadata.namespace &&
      typesOf(policy).includes(direction) &&
      (!policy.spec.podSelector || fits(metadata.labels, policy.spec.podSelector)),
  );
}

/** What a policy without types is about, by the API's rule. The API server fills it in. */
function typesOf({ spec: { policyTypes, egress } }: NetworkPolicy): string[] {
  if (policyTypes.length > 0) return policyTypes;
  return egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

/** The peers of each rule. */
function peersOf({ spec }: NetworkPolicy, direction: Direction): Peer[][] {
  return direction === 'Ingress' ? spec.ingress.map(({ from }) => from) : spec.egress.map(({ to }) => to);
}

function conditionOf(
  policies: readonly NetworkPolicy[],
  { service, workload }: Member,
  message: string,
): Found {
  const since = max(
    policies.map(({ metadata }) => lastWriteOf(metadata, ['spec'])?.time ?? metadata.creationTimestamp ?? 0),
  )!;
  return {
    ...{ kind: 'traffic-denied', service, host: null, since, until: null, message, count: 1 },
    object: `networkpolicy ${fullName(policies[0]!.metadata)}`,
    of: `${workload} ${message}`,
  };
}

function namesOf(policies: readonly NetworkPolicy[]): string {
  const names = policies.map(({ metadata }) => metadata.name);
  return `network ${names.length === 1 ? 'policy' : 'policies'} ${names.join(', ')}`;
}
