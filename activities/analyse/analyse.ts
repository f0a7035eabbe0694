import { ApplicationFailure, heartbeat, cancellationSignal } from '@temporalio/activity';
import { availableParallelism } from 'node:os';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { InvestigationSteps } from '../contract.js';
import type { StorePlace } from '../record/open-store.js';
import { threadPool } from '../thread-pool.js';
import type { AnalysisTask } from './thread.js';

const HEARTBEAT_MS = 5_000;

/** Analyses at a time: the event loop that heartbeats and polls keeps a core. */
function poolSize(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** A pool of threads that think; `close` ends them. */
export interface AnalysisPool {
  run(task: AnalysisTask, signal: AbortSignal): Promise<Diagnosis>;
  close(): Promise<void>;
}

export function startAnalysisPool(): AnalysisPool {
  const pool = threadPool<AnalysisTask, Diagnosis>(new URL('./thread', import.meta.url), poolSize());
  return {
    run: (task, signal) => pool.run(task, { signal }),
    close: () => pool.destroy(),
  };
}

/**
 * The `analyse` activity: runs the pure analysis in a thread, beating while it thinks. Gives up after
 * `timeoutSeconds` with the non-retryable failure `AnalysisTimeout`: the same input would take as long again.
 */
export function createAnalyse(deps: {
  pool: AnalysisPool;
  /** Where the threads read evidence. */
  place: StorePlace;
  timeoutSeconds: number;
}): Pick<InvestigationSteps, 'analyse'> {
  return {
    async analyse({ scope, evidence, changes, checks, gaps }) {
      const deadline = AbortSignal.timeout(deps.timeoutSeconds * 1000);
      const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
      try {
        const firing = { service: scope.service, symptom: scope.symptom, time: scope.anomalyTime };
        return await deps.pool.run(
          {
            place: deps.place,
            evidence,
            input: {
              anomaly: firing,
              window: scope.window,
              graph: scope.graph,
              changes,
              checks,
              gaps,
              spans: null,
              logs: null,
            },
          },
          AbortSignal.any([deadline, cancellationSignal()]),
        );
      } catch (error) {
        if (!deadline.aborted) throw error;
        throw ApplicationFailure.nonRetryable(
          `the analysis was given up after ${deps.timeoutSeconds} s (diagnosis.timeoutSeconds)`,
          'AnalysisTimeout',
        );
      } finally {
        clearInterval(beat);
      }
    },
  };
}
