import { isDeepStrictEqual } from 'node:util';
import { group } from 'd3-array';
import type { Change } from '../../../../model/change.js';
import { fullName, lastWriteOf } from '../metadata.js';
import type { Template, Workload } from '../objects.js';
import type { Owners } from '../owners.js';
import { changeOf, within, type Window } from './change.js';

/** How the controller counts the rollouts of a deployment, on its replica sets. */
const REVISION = 'deployment.kubernetes.io/revision';
/** Earlier numbers of a replica set that was rolled back to. */
const HISTORY = 'deployment.kubernetes.io/revision-history';
/** What `kubectl rollout restart` writes into the template. */
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
/** What people write of the reason of a rollout. */
const CAUSE = 'kubernetes.io/change-cause';

/** Rollouts of deployments, as their replica sets tell them: which image came after which, or what else changed. */
export function rollouts(
  replicaSets: readonly Workload[],
  owners: Owners,
  window: Window,
  source: string,
): Change[] {
  const byDeployment = group(replicaSets, ({ metadata }) => fullName(owners.rootOf('ReplicaSet', metadata)));
  return [...byDeployment].flatMap(([deployment, sets]) => {
    const ordered = [...sets].sort((a, b) => revisionOf(a) - revisionOf(b));
    return ordered.flatMap((after, i) => {
      const time = rolledOutAt(after);
      const before = ordered[i - 1];
      if (!within(time, window)) return [];
      const service = owners.serviceOf('ReplicaSet', after.metadata);
      if (service === null) return [];
      const { kind, title, details } = described(deployment, before, after);
      const id = `replicaset ${fullName(after.metadata)} revision ${revisionOf(after)}`;
      return [changeOf({ id, kind, time, service, title, details }, source)];
    });
  });
}

function revisionOf({ metadata }: Workload): number {
  return Number(metadata.annotations[REVISION] ?? 0) || 0;
}

/** A replica set that is rolled back to keeps its age: the number that it gets anew tells when. */
function rolledOutAt({ metadata }: Workload): number | null {
  const isAgain = metadata.annotations[HISTORY] !== undefined;
  const numbered = lastWriteOf(metadata, ['metadata', 'annotations', REVISION])?.time ?? null;
  return isAgain ? numbered : metadata.creationTimestamp;
}

function described(
  deployment: string,
  before: Workload | undefined,
  after: Workload,
): Pick<Change, 'kind' | 'title'> & { details: string[] } {
  const [old, now] = [before?.spec.template, after.spec.template];
  const cause = after.metadata.annotations[CAUSE] ?? '';
  const back = after.metadata.annotations[HISTORY] === undefined ? '' : ' (a rollback)';
  const images = imagesOf(now);
  if (!old || !now) {
    const title = `Rollout of ${deployment}: ${images.map(([, image]) => image).join(', ')}`;
    return { kind: 'deploy', title, details: [cause] };
  }
  const earlier = new Map(imagesOf(old));
  const changed = images.filter(([name, image]) => earlier.get(name) !== image);
  if (changed.length > 0) {
    const steps = changed.map(([name, image]) => `${earlier.get(name) ?? 'none'} -> ${image}`);
    return {
      kind: 'deploy',
      title: `Rollout of ${deployment}${back}: ${steps.join(', ')}`,
      details: [cause],
    };
  }
  const fields = changedFields(old, now);
  if (fields.length === 0 && old.metadata?.annotations[RESTARTED] !== now.metadata?.annotations[RESTARTED]) {
    return { kind: 'restart', title: `Restart of ${deployment}`, details: [cause] };
  }
  const what = fields.length === 0 ? 'labels or annotations of its pods' : fields.join(', ');
  return { kind: 'config', title: `Rollout of ${deployment}${back}: ${what} changed`, details: [cause] };
}

function imagesOf(template: Workload['spec']['template']): [string, string][] {
  return (template?.spec.containers ?? []).map(({ name, image }) => [name, image]);
}

/** Names of the fields that differ, `env of container app`; their values are nobody's business here. */
function changedFields(before: Template, after: Template): string[] {
  const { containers: old, ...oldSpec } = before.spec;
  const { containers: now, ...spec } = after.spec;
  const inContainers = now.flatMap((container) => {
    const earlier = old.find(({ name }) => name === container.name) ?? {};
    return differing(earlier, container).map((field) => `${field} of container ${container.name}`);
  });
  return [...differing(oldSpec, spec), ...inContainers];
}

function differing(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].filter((field) => !isDeepStrictEqual(before[field], after[field])).sort();
}
