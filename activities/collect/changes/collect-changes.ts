import { cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import type { Activities } from '../../contract.js';
import { readChangeSource } from './change-source.js';
import { changesIn, withoutEchoes } from './metric-changes.js';
import { CONCURRENCY, type CollectDeps, type Look } from '../deps.js';
import { gapOf, merged, remarksOf } from '../gaps.js';
import { ServiceNames } from '../scope/service-names.js';
import { queryFor, subjectLabel } from '../metrics/packs/binding.js';
import { failingAsActivity } from '../metrics/source/failures.js';
import { packsInUse } from '../scope/topology.js';
import { spansOf } from '../scope/window.js';

/** A change may take its time to hurt: a leak, a cache that runs out. */
const BEFORE_WINDOW_SECONDS = 1800;

type Deps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

/** The `collectChanges` activity. What cannot be read is a gap; it fails only when it is cancelled. */
export function createCollectChanges(deps: CollectDeps): Pick<Activities, 'collectChanges'> {
  return {
    collectChanges: ({ scope }) =>
      failingAsActivity(() => collectChanges(deps, scope, { signal: cancellationSignal() })),
  };
}

/** Changes from the configured sources, from the recording that is played, and from steps in metrics. */
export async function collectChanges(
  deps: Deps,
  scope: Scope,
  look: Look,
): Promise<{ changes: Change[]; gaps: Gap[] }> {
  const { source, config } = deps;
  const names = new ServiceNames(scope.services);
  const window = { from: scope.window.start - BEFORE_WINDOW_SECONDS, to: scope.window.end };
  const [configured, found] = await Promise.all([
    Promise.all(config.changes.map((one) => readChangeSource(one, window, look.signal))),
    stepsInMetrics(deps, scope, names, look),
  ]);
  const recorded = (source.changes?.() ?? []).filter(({ time }) => time >= window.from && time <= window.to);
  const told = [...configured.flatMap(({ changes }) => changes), ...recorded].map((one) => ({
    ...one,
    service: one.service === null ? null : (names.resolve(one.service) ?? one.service),
  }));
  return {
    changes: withoutEchoes(told, found.changes),
    gaps: merged([...configured.flatMap(({ gaps }) => gaps), ...found.gaps]),
  };
}

async function stepsInMetrics(
  { source, packs, config }: Deps,
  scope: Scope,
  names: ServiceNames,
  { signal }: Look,
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
        const answer = await source.range(query, { start, end, step }, { signal });
        gaps.push(...remarksOf(answer, source.name, what));
        const watched = { spec, label: subjectLabel(spec, binding), series: answer.series };
        return changesIn(watched, names, source.name);
      } catch (error) {
        gaps.push(gapOf(error, source.name, what));
        return [];
      }
    },
    { concurrency: CONCURRENCY },
  );
  return { changes: changes.flat(), gaps };
}
