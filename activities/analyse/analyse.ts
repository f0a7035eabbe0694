import { availableParallelism } from 'node:os';
import { ApplicationFailure, heartbeat, cancellationSignal } from '@temporalio/activity';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { InvestigationSteps } from '../contract.js';
import type { StorePlace } from '../record/open-store.js';
import { TaskTimeout, threadPool, type ThreadPool } from '../thread-pool.js';
import type { AnalysisTask } from './thread.js';

const HEARTBEAT_MS = 5_000;

/** Threads of a worker that analyse: the event loop that heartbeats and polls keeps a core. */
export const ANALYSIS_THREADS = Math.max(1, availableParallelism() - 1);

export type AnalysisPool = ThreadPool<AnalysisTask, Diagnosis>;

/** Starts the threads that analyse; `threads` at most. */
export function startAnalysisPool(threads = ANALYSIS_THREADS): AnalysisPool {
  return threadPool(new URL('./thread', import.meta.url), threads);
}

type AnalyseInput = Parameters<InvestigationSteps['analyse']>[0];

/** What an analysis is told beside the evidence in the store. */
export function inputOf({
  scope,
  changes,
  checks,
  gaps,
}: Omit<AnalyseInput, 'evidence'>): AnalysisTask['input'] {
  const anomaly = { service: scope.service, symptom: scope.symptom, time: scope.anomalyTime };
  const { window, graph } = scope;
  return { anomaly, window, graph, changes, checks, gaps };
}

/**
 * The `analyse` activity: runs the pure analysis in a thread and heartbeats, also while it waits for one. Gives up
 * `timeoutSeconds` after it has a thread with the non-retryable failure `AnalysisTimeout`: the same input would take as
 * long again.
 */
export function createAnalyse(deps: {
  pool: AnalysisPool;
  /** Where the threads read evidence. */
  place: StorePlace;
  timeoutSeconds: number;
}): Pick<InvestigationSteps, 'analyse'> {
  return {
    async analyse({ scope, evidence, changes, checks, gaps }) {
      const beating = setInterval(() => heartbeat(), HEARTBEAT_MS);
      try {
        return await deps.pool.run(
          { place: deps.place, evidence, input: inputOf({ scope, changes, checks, gaps }) },
          { signal: cancellationSignal(), timeoutMs: deps.timeoutSeconds * 1000 },
        );
      } catch (error) {
        if (!(error instanceof TaskTimeout)) throw error;
        throw ApplicationFailure.nonRetryable(
          `the analysis was given up after ${deps.timeoutSeconds} s (diagnosis.timeoutSeconds)`,
          'AnalysisTimeout',
        );
      } finally {
        clearInterval(beating);
      }
    },
  };
}
