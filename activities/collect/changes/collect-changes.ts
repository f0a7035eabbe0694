import pMap from 'p-map';
import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import type { InvestigationSteps } from '../../contract.js';
import { keptChanges, MAX_CHANGES, nearestFirst } from './bounds.js';
import { readChangeSource } from './change-source.js';
import { changesIn, withoutEchoes } from './metric-changes.js';
import { runAttempt, type Limits } from '../attempt.js';
import { CONCURRENCY, type CollectDeps } from '../deps.js';
import { readKubernetesChanges } from '../kubernetes/changes/index.js';
import { gapOf, merged, remarksOf } from '../gaps.js';
import { ServiceNames } from '../scope/service-names.js';
import { queryFor, subjectLabel } from '../metrics/packs/binding.js';
import { packsInUse } from '../scope/topology.js';
import { spansOf } from '../scope/window.js';

/** A change may take its time to hurt: a leak, a cache that runs out. */
const BEFORE_WINDOW_SECONDS = 1800;

type Deps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

/** The `collectChanges` activity. What cannot be read is a gap; it fails only when it is cancelled. */
export function createCollectChanges(deps: CollectDeps): Pick<InvestigationSteps, 'collectChanges'> {
  return {
    collectChanges: ({ scope }) => runAttempt((attempt) => collectChanges(deps, scope, attempt)),
  };
}

/** Changes from the configured sources, from the recording that is played, and from steps in metrics. */
export async function collectChanges(
  deps: Deps,
  scope: Scope,
  limits: Limits,
): Promise<{ changes: Change[]; gaps: Gap[] }> {
  const { source, config } = deps;
  const names = new ServiceNames(scope.services, deps.config.services.aliases);
  const { anomalyTime: alertTime } = scope;
  const window = { from: scope.window.start - BEFORE_WINDOW_SECONDS, to: scope.window.end, alertTime };
  const request = { scope, aliases: config.services.aliases, window };
  const [configured, found] = await Promise.all([
    Promise.all([
      ...config.changes.map((one) => readChangeSource(one, window, limits)),
      ...config.kubernetes.map((one) => readKubernetesChanges(one, request, limits)),
    ]),
    stepsInMetrics(deps, scope, names, limits),
  ]);
  const recorded = (source.changes?.() ?? []).filter(({ time }) => time >= window.from && time <= window.to);
  const reported = [...configured.flatMap(({ changes }) => changes), ...recorded].map((one) => ({
    ...one,
    service: one.service === null ? null : (names.resolve(one.service) ?? one.service),
  }));
  const steps = nearestFirst(found.changes, alertTime).slice(0, MAX_CHANGES);
  const { changes, gaps } = keptChanges(withoutEchoes(reported, steps), alertTime);
  return { changes, gaps: merged([...configured.flatMap((one) => one.gaps), ...found.gaps, ...gaps]) };
}

async function stepsInMetrics(
  { source, packs, config }: Deps,
  scope: Scope,
  names: ServiceNames,
  limits: Limits,
): Promise<{ changes: Change[]; gaps: Gap[] }> {
  const spans = spansOf(scope, config.diagnosis);
  const { start, end, stepSeconds: step } = scope.window;
  const gaps: Gap[] = [];
  const questions = packsInUse(packs, scope.reading?.packs ?? []).flatMap(({ pack, binding }) =>
    pack.changes.map((spec) => ({ pack, binding, spec })),
  );
  const changes = await pMap(
    questions,
    async ({ pack, binding, spec }) => {
      const what = `${spec.kind} changes (${pack.name})`;
      const query = queryFor(spec, pack, binding, scope.services, spans);
      try {
        const answer = await source.range(query, { start, end, step }, limits);
        gaps.push(...remarksOf(answer, source.name, what));
        const watched = { spec, label: subjectLabel(spec, binding), series: answer.series };
        return changesIn(watched, names, source.name);
      } catch (error) {
        gaps.push(gapOf(error, limits, source.name, what));
        return [];
      }
    },
    { concurrency: CONCURRENCY },
  );
  return { changes: changes.flat(), gaps };
}
