import { isDeepStrictEqual } from 'node:util';
import { group } from 'd3-array';
import type { Change } from '../../../../model/change.js';
import { ofRoot } from '../conditions/found.js';
import { fullName, lastWriteOf, REVISION, revisionOf } from '../metadata.js';
import type { ControllerRevision, Metadata, Template, Workload } from '../objects.js';
import type { Owners } from '../owners.js';
import { changeOf, within, type Window } from './change.js';

/** Earlier numbers of a replica set that was rolled back to. */
const HISTORY = 'deployment.kubernetes.io/revision-history';
/** What `kubectl rollout restart` writes into the template. */
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
/** What people write of the reason of a rollout. */
const CAUSE = 'kubernetes.io/change-cause';

/** One state of a workload's pods, as it was rolled out. */
interface Revision {
  kind: 'ReplicaSet' | 'ControllerRevision';
  metadata: Metadata;
  template: Template | null | undefined;
  number: number;
  /** When it was last rolled out. One that is rolled back to keeps its age: the number that it gets anew tells when. */
  time: number | null;
  isAgain: boolean;
}

/**
 * Rollouts of deployments, stateful sets and daemon sets, as their replica sets and revisions tell them: which image
 * came after which, or what else changed.
 */
export function rollouts(
  replicaSets: readonly Workload[],
  controllerRevisions: readonly ControllerRevision[],
  owners: Owners,
  window: Window,
  source: string,
): Change[] {
  const revisions = [...replicaSets.map(ofReplicaSet), ...controllerRevisions.map(ofControllerRevision)];
  const byWorkload = group(revisions, ({ kind, metadata }) => ofRoot(owners.rootOf(kind, metadata)));
  return [...byWorkload.values()].flatMap((all) => {
    const ordered = [...all].sort((a, b) => a.number - b.number);
    return ordered.flatMap((after, i) => {
      const { kind: revisionKind, metadata, time, number } = after;
      if (!within(time, window)) return [];
      const service = owners.serviceOf(revisionKind, metadata);
      if (service === null) return [];
      const workload = fullName(owners.rootOf(revisionKind, metadata));
      const { kind, title, details } = described(workload, ordered[i - 1], after);
      const id = `${revisionKind} ${fullName(metadata)} revision ${number}`;
      return [changeOf({ id, kind, time, service, title, details }, source)];
    });
  });
}

function ofReplicaSet({ metadata, spec }: Workload): Revision {
  const isAgain = metadata.annotations[HISTORY] !== undefined;
  const numbered = lastWriteOf(metadata, ['metadata', 'annotations', REVISION])?.time ?? null;
  return {
    ...{ kind: 'ReplicaSet', metadata, template: spec.template, isAgain },
    number: revisionOf({ metadata }),
    time: isAgain ? numbered : metadata.creationTimestamp,
  };
}

function ofControllerRevision({ metadata, revision, data }: ControllerRevision): Revision {
  const numbered = lastWriteOf(metadata, ['revision'])?.time ?? null;
  const made = metadata.creationTimestamp;
  const isAgain = numbered !== null && made !== null && numbered > made + 1;
  return {
    ...{ kind: 'ControllerRevision', metadata, template: data?.spec?.template, isAgain },
    number: revision,
    time: isAgain ? numbered : made,
  };
}

function described(
  workload: string,
  before: Revision | undefined,
  after: Revision,
): Pick<Change, 'kind' | 'title'> & { details: string[] } {
  const [old, now] = [before?.template, after.template];
  const cause = after.metadata.annotations[CAUSE] ?? '';
  const back = after.isAgain ? ' (a rollback)' : '';
  const images = imagesOf(now);
  if (!old || !now) {
    const title = `Rollout of ${workload}${images.length === 0 ? '' : `: ${images.map(([, image]) => image).join(', ')}`}`;
    return { kind: 'deploy', title, details: [cause] };
  }
  const earlier = new Map(imagesOf(old));
  const changed = images.filter(([name, image]) => earlier.get(name) !== image);
  if (changed.length > 0) {
    const steps = changed.map(([name, image]) => `${earlier.get(name) ?? 'none'} -> ${image}`);
    return {
      kind: 'deploy',
      title: `Rollout of ${workload}${back}: ${steps.join(', ')}`,
      details: [cause],
    };
  }
  const fields = changedFields(old, now);
  if (fields.length === 0 && old.metadata?.annotations[RESTARTED] !== now.metadata?.annotations[RESTARTED]) {
    return { kind: 'restart', title: `Restart of ${workload}`, details: [cause] };
  }
  const what = fields.length === 0 ? 'labels or annotations of its pods' : fields.join(', ');
  return { kind: 'config', title: `Rollout of ${workload}${back}: ${what} changed`, details: [cause] };
}

function imagesOf(template: Revision['template']): [string, string][] {
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
