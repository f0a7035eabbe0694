import type { Logger } from 'pino';
import type { LoadedConfig } from '../config/load.js';
import { createAnalyse, startAnalysisPool } from './analyse/analyse.js';
import { byReference } from './by-reference.js';
import { createRunChecks } from './check/run-checks.js';
import { reportedChangesIn } from './collect/changes/reported-changes.js';
import { createCollect, loadPacks, openSource, type CollectDeps } from './collect/index.js';
import type { Activities, InvestigationSteps } from './contract.js';
import { createCorrelate } from './correlate/index.js';
import { createDeliver } from './deliver/deliver.js';
import { createReadPolicy } from './policy.js';
import { createPublish } from './publish/publish.js';
import { createJudgeRollout } from './guard/judge-rollout.js';
import { createTellGuard } from './guard/tell-guard.js';
import { documentsIn } from './record/documents.js';
import { startStore } from './record/start-store.js';
import { withRoutes } from './route/sinks-for.js';
import { withRunbooks } from './runbooks/with-runbooks.js';
import { createRunWatch, type Raise } from './watch/run-watch.js';
import { createTellHeartbeat } from './watch/tell-heartbeat.js';

/**
 * Every activity of a worker, over what its configuration names. `close` lets go of connections and threads; `storeId`
 * is null when the store could not be used at the start.
 *
 * @throws when a metric pack or the metrics source's file cannot be read; the message says which and why.
 */
export async function createActivities(deps: {
  loaded: LoadedConfig;
  productVersion: string;
  log: Logger;
  /** By which anomalies that a watch finds reach triage. */
  raise: Raise;
}): Promise<{ activities: Activities; storeId: string | null; close: () => Promise<void> }> {
  const { log, productVersion } = deps;
  const { config } = deps.loaded;
  const source = await openSource(config.metrics);
  const packs = await loadPacks(config.packs.files);
  const store = await startStore(config, log);
  const { blobs, records } = store;
  const reported = reportedChangesIn(blobs);
  const collect: CollectDeps = { source, packs, config, store: store.evidence, reported, log };
  const pool = startAnalysisPool();
  const { analyse } = createAnalyse({
    ...{ pool, place: config.store, timeoutSeconds: config.diagnosis.timeoutSeconds },
  });
  const steps: InvestigationSteps = {
    ...createCollect(collect),
    analyse: withRunbooks(analyse, config.runbooks.folder, log),
    ...createRunChecks(collect),
    saveRecord: withRoutes(records.saveRecord, config.sinks),
  };

  return {
    activities: {
      ...createReadPolicy({ config, productVersion }),
      ...createCorrelate(collect),
      ...createDeliver(),
      ...byReference(steps, documentsIn(store.evidence)),
      keepChanges: ({ changes }) => reported.keep(changes),
      ...createJudgeRollout({ documents: documentsIn(store.evidence), store: store.evidence }),
      ...createTellGuard(config.guard),
      ...createRunWatch({ ...collect, raise: deps.raise }),
      ...createTellHeartbeat(deps.raise),
      ...createPublish({ sinks: config.sinks, records, blobs, log }),
    },
    storeId: store.id,
    close: async () => {
      source.close();
      await Promise.all([pool.close(), store.close()]);
    },
  };
}
