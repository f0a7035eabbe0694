import { proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import type { WatchMemory, WatchRound } from '../model/watch.js';
import { now } from './time.js';

export interface WatchInput {
  name: string;
}

/** A source that is away is asked for about as long as until the next run. */
const { runWatch } = proxyActivities<Pick<Activities, 'runWatch'>>({
  startToCloseTimeout: '50s',
  scheduleToCloseTimeout: '3m',
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/**
 * One look of a watch, started by its schedule. What the last run that ended well remembered is the beginning of
 * this one; a run that cannot look fails and is seen to, and forgets nothing.
 */
export async function watch({ name }: WatchInput): Promise<WatchRound> {
  const last = workflowInfo().lastResult as WatchRound | undefined;
  const memory: WatchMemory = last?.memory ?? { series: {} };
  const round = await runWatch.executeWithOptions({ summary: `Look at ${name}` }, [
    { name, memory, at: now() },
  ]);
  setCurrentDetails(describe(name, round));
  return round;
}

function describe(name: string, { lines, watched, fired, cleared }: WatchRound): string {
  const counts = `${watched} series watched; ${fired} began and ${cleared} ended with this look.`;
  const state = lines.length === 0 ? 'All is well.' : lines.map((line) => `- ${line}`).join('\n');
  return [`**Watch ${name}**`, state, counts].join('\n\n');
}
