import { KubernetesApi } from '../../activities/collect/kubernetes/api.js';
import { KINDS, type ObjectKind } from '../../activities/collect/kubernetes/kinds.js';
import { openTransport, type Transport } from '../../activities/collect/kubernetes/transport.js';
import type { KubernetesConfig } from '../../config/kubernetes.js';
import { listOf } from '../../model/wording.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

const TIMEOUT_SECONDS = 5;

/** Whether clusters answer, and which kinds of their objects may be read: each is asked for, one object of it. */
export async function examineKubernetes(sources: readonly KubernetesConfig[]): Promise<Finding[]> {
  return Promise.all(
    sources.map(async (source, index): Promise<Finding> => {
      const told = await examineCluster(source, `kubernetes[${index}]`);
      return { area: 'kubernetes', subject: `cluster '${source.name}'`, ...told };
    }),
  );
}

async function examineCluster(source: KubernetesConfig, setting: string): Promise<Told> {
  let transport: Transport;
  try {
    transport = await openTransport(source);
  } catch (error) {
    return failed(reasonOf(error), `check ${setting}`);
  }
  try {
    const { name } = source;
    const api = new KubernetesApi({ name, timeoutSeconds: TIMEOUT_SECONDS }, transport, {
      signal: new AbortController().signal,
    });
    // Nodes are asked for one by one, and events serve twice.
    const kinds = Object.entries(KINDS).filter(([kind]) => kind !== 'nodes' && kind !== 'scalingEvents');
    const [namespace] = source.namespaces;
    const answers = await Promise.all(
      kinds.map(([, kind]) => api.probe(kind as ObjectKind<unknown>, namespace)),
    );
    const unread = answers.flatMap((reason, i) => (reason === null ? [] : [{ kind: kinds[i]![1], reason }]));
    const [first] = unread;
    if (first === undefined)
      return ok(`${transport.address} answers; all ${kinds.length} kinds of objects may be read`);
    const what = listOf(
      unread.map(({ kind }) => kind.resource),
      kinds.length,
    );
    const seen = `${transport.address}: ${what} cannot be read (${first.reason})`;
    if (unread.length === kinds.length) return failed(seen, `check ${setting} and the network to it`);
    return warning(
      seen,
      'add the rules (deploy/kubernetes-rbac.yml), or go without: each is a gap of a diagnosis',
    );
  } finally {
    transport.close();
  }
}
