import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type ScheduleOptions } from '@temporalio/client';
import type { Watch } from '../config/watches.js';
import { TASK_QUEUE, WATCH_WORKFLOW, watchScheduleId } from '../model/messages.js';
import type { watch as watchWorkflow } from '../workflows/watch.js';
import type { Temporal } from './temporal.js';

/** What was done to the schedules of an environment, by names of watches. */
export interface ScheduleChanges {
  created: string[];
  changed: string[];
  removed: string[];
}

export interface WatchSchedule {
  name: string;
  everySeconds: number;
  paused: boolean;
  /** Unix seconds; null when there is none. */
  lastRunAt: number | null;
  nextRunAt: number | null;
}

/** A run that is missed by longer is not made up for: the next one sees the same past. */
const CATCH_UP = '1m';
const CALL_MILLISECONDS = 15_000;

type Watches = readonly Pick<Watch, 'name' | 'everySeconds'>[];

/**
 * Makes the schedules of an environment be those of its watches: new ones are created, others changed where their
 * pace differs, and those of watches that are no more are deleted. One that somebody paused stays paused. Several
 * workers may do so at once.
 *
 * @throws TemporalUnavailable
 */
export async function scheduleWatches(
  temporal: Temporal,
  { environment, watches }: { environment: string; watches: Watches },
  { taskQueue = TASK_QUEUE }: { taskQueue?: string } = {},
): Promise<ScheduleChanges> {
  const changes: ScheduleChanges = { created: [], changed: [], removed: [] };
  const there = new Map((await listWatches(temporal, environment)).map((one) => [one.name, one]));
  const { schedule } = temporal.client;
  const call = <T>(work: () => Promise<T>): Promise<T> => temporal.call(CALL_MILLISECONDS, work);

  for (const watch of watches) {
    const known = there.get(watch.name);
    const options = optionsOf(environment, watch, taskQueue);
    if (!known) {
      if (await call(() => createdHere(schedule.create(options)))) changes.created.push(watch.name);
    } else if (known.everySeconds !== watch.everySeconds) {
      await call(() =>
        schedule.getHandle(options.scheduleId).update(({ state }) => ({
          spec: options.spec,
          action: options.action,
          policies: options.policies ?? {},
          state: { paused: state.paused, ...(state.note !== undefined && { note: state.note }) },
        })),
      );
      changes.changed.push(watch.name);
    }
  }
  const wanted = new Set(watches.map(({ name }) => name));
  for (const name of there.keys()) {
    if (wanted.has(name)) continue;
    await call(() => schedule.getHandle(watchScheduleId(environment, name)).delete());
    changes.removed.push(name);
  }
  return changes;
}

/** The schedules of an environment's watches. */
export async function listWatches(temporal: Temporal, environment: string): Promise<WatchSchedule[]> {
  const prefix = watchScheduleId(environment, '');
  return temporal.call(CALL_MILLISECONDS, async () => {
    const found: WatchSchedule[] = [];
    for await (const { scheduleId, spec, state, info } of temporal.client.schedule.list()) {
      if (!scheduleId.startsWith(prefix)) continue;
      found.push({
        name: scheduleId.slice(prefix.length),
        everySeconds: (spec?.intervals?.[0]?.every ?? 0) / 1000,
        paused: state.paused,
        lastRunAt: secondsOf(info.recentActions.at(-1)?.takenAt),
        nextRunAt: secondsOf(info.nextActionTimes[0]),
      });
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

function optionsOf(
  environment: string,
  { name, everySeconds }: Watches[number],
  taskQueue: string,
): ScheduleOptions & { scheduleId: string } {
  const scheduleId = watchScheduleId(environment, name);
  return {
    scheduleId,
    spec: { intervals: [{ every: everySeconds * 1000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: WATCH_WORKFLOW,
      workflowId: scheduleId,
      args: [{ name }] satisfies Parameters<typeof watchWorkflow>,
      taskQueue,
      staticSummary: `Look at what ${name} watches in ${environment}`,
    },
    // A look that takes long is not overtaken: both would begin from the same memory.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
  };
}

/** False when another worker was quicker. */
async function createdHere(creation: Promise<unknown>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

function secondsOf(date: Date | undefined): number | null {
  return date ? date.getTime() / 1000 : null;
}
