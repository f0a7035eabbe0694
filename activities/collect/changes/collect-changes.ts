import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import { safeChange } from '../../../report/safe-change.js';
import type { InvestigationSteps } from '../../contract.js';
import { keptChanges, MAX_CHANGES, nearestFirst } from './bounds.js';
import { readChangeSource } from './change-source.js';
import type { ChangesRead } from './source.js';
import { changesIn, withoutEchoes } from './metric-changes.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';
import { readKubernetesChanges } from '../kubernetes/changes/index.js';
import { gapOf, merged, remarksOf } from '../gaps.js';
import { ServiceNames } from '../scope/service-names.js';
import { queryFor, subjectLabel } from '../metrics/packs/binding.js';
import { askEach, partFor, patienceFor, sourcesIn } from '../metrics/source/parts.js';
import { packsInUse } from '../scope/topology.js';
import { spansOf } from '../scope/window.js';

/** A change may take its time to hurt: a leak, a cache that runs out. */
const BEFORE_WINDOW_SECONDS = 1800;

type Deps = Pick<CollectDeps, 'source' | 'packs' | 'config' | 'reported'>;

/** What was read of each source, by the part of the configuration and its name. */
type Read = Map<string, ChangesRead>;

/**
 * The `collectChanges` activity. It asks a source that is away again as long as there is time, and those that have
 * answered not once more; then what is missing is a gap.
 */
export function createCollectChanges(deps: CollectDeps): Pick<InvestigationSteps, 'collectChanges'> {
  return {
    collectChanges: ({ scope }) => {
      let read: Read = new Map();
      return runAttempt<ChangesRead, [string, ChangesRead][]>(
        (attempt) => {
          read = new Map(attempt.resumed);
          return collectChanges(deps, scope, attempt, read);
        },
        { checkpoint: () => [...read] },
      );
    },
  };
}

/**
 * Changes from the configured sources, those that were reported to Faultline, those of the recording that is played,
 * and steps in metrics.
 *
 * @param read what an attempt before this one has read of the configured sources; what this one reads is added
 * @throws SourceError when a source is away and there is time for another attempt
 */
export async function collectChanges(
  deps: Deps,
  scope: Scope,
  limits: Limits,
  read: Read = new Map(),
): Promise<ChangesRead> {
  const { source, config, reported } = deps;
  const names = new ServiceNames(scope.services, deps.config.services.aliases);
  const { anomalyTime: alertTime } = scope;
  const window = { from: scope.window.start - BEFORE_WINDOW_SECONDS, to: scope.window.end, alertTime };
  const { environment } = scope;
  const request = { scope, aliases: config.services.aliases, window };
  const [configured, told, found] = await allSettled([
    allSettled([
      ...once(read, 'changes', config.changes, (one) => readChangeSource(one, window, limits)),
      ...once(read, 'kubernetes', config.kubernetes, async (one) =>
        safe(await readKubernetesChanges(one, request, limits)),
      ),
    ]),
    reported.read({ window, environment, names }, limits),
    stepsInMetrics(deps, scope, names, limits),
  ]);
  const recorded = (source.changes?.() ?? []).filter(({ time }) => time >= window.from && time <= window.to);
  const asked = configured.flatMap(({ changes }) => changes);
  const all = [...asked, ...withoutKnown(told.changes, asked), ...recorded].map((one) => ({
    ...one,
    service: one.service === null ? null : (names.resolve(one.service) ?? one.service),
  }));
  const steps = nearestFirst(found.changes, alertTime).slice(0, MAX_CHANGES);
  const { changes, gaps } = keptChanges(withoutEchoes(all, steps), alertTime);
  return { changes, gaps: merged([...[...configured, told, found].flatMap((one) => one.gaps), ...gaps]) };
}

/** What a source was asked for as well says more there: its diff. Webhooks and the API call it by one id. */
function withoutKnown(reported: readonly Change[], asked: readonly Change[]): Change[] {
  const known = new Set(asked.map(({ id }) => id));
  return reported.filter(({ id }) => !known.has(id));
}

/** What every source tells is kept without secrets, and of a size that a record holds. */
function safe({ changes, gaps }: ChangesRead): ChangesRead {
  return { changes: changes.map(safeChange), gaps };
}

/** Asks those sources of a part of the configuration that have not answered yet. */
function once<Source extends { name: string }>(
  read: Read,
  part: string,
  sources: readonly Source[],
  ask: (source: Source) => Promise<ChangesRead>,
): Promise<ChangesRead>[] {
  return sources.map(async (source) => {
    const key = `${part}.${source.name}`;
    const answer = read.get(key) ?? (await ask(source));
    read.set(key, answer);
    return answer;
  });
}

/** As `Promise.all`, but what is under way when one fails is waited for: it may be kept for another attempt. */
async function allSettled<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function stepsInMetrics(
  { source, packs, config }: Deps,
  scope: Scope,
  names: ServiceNames,
  given: Limits,
): Promise<{ changes: Change[]; gaps: Gap[] }> {
  const limits = patienceFor(sourcesIn(scope.reading?.packs ?? []), given);
  const spans = spansOf(scope, config.diagnosis);
  const { start, end, stepSeconds: step } = scope.window;
  const gaps: Gap[] = [];
  const questions = packsInUse(packs, scope.reading?.packs ?? []).flatMap(({ pack, binding }) =>
    pack.changes.map((spec) => ({ pack, binding, spec })),
  );
  const changes = await askEach(
    questions,
    ({ binding }) => binding,
    async ({ pack, binding, spec }) => {
      const part = partFor(source, binding);
      const what = `${spec.kind} changes (${pack.name})`;
      const query = queryFor(spec, pack, binding, scope.services, spans);
      try {
        const answer = await part.range(query, { start, end, step }, limits);
        gaps.push(...remarksOf(answer, part.name, what));
        const watched = { spec, label: subjectLabel(spec, binding), series: answer.series };
        return changesIn(watched, names, part.name);
      } catch (error) {
        gaps.push(gapOf(error, limits, part.name, what));
        return [];
      }
    },
  );
  return { changes: changes.flat(), gaps };
}
