import { group } from 'd3-array';
import type { Anomaly } from '../../model/anomaly.js';
import { Overloaded, TemporalUnavailable } from '../errors.js';
import type { Incidents } from '../incidents.js';

type Raising = Pick<Incidents, 'raise'>;

/** Anomalies that one call takes along: a few hundred fill one signal. */
const MOST_AT_ONCE = 500;

/** Calls under way at a time: one connection carries them, and a post may name as many environments as there are. */
const MAX_CALLS = 16;

/** One post's anomalies of one environment, waiting for their turn. */
interface Waiting {
  anomalies: Anomaly[];
  timeoutSeconds: number;
  since: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Lets posts that come at the same time share calls, so that a storm reaches Temporal as few large signals. While a
 * call of an environment is under way, what comes for it waits and then goes along with the next; a post that comes
 * alone waits for nothing. Each post is answered when its own anomalies are durable.
 *
 * Holds at most `maxPending` anomalies: a post that would exceed them is refused with `Overloaded`. At most 16 calls are
 * under way; the environments take turns. Posts that waited for longer than their time are refused with
 * `TemporalUnavailable`, unless `waitsLong`: a spool takes them, however late.
 */
export function coalesceRaises(
  incidents: Raising,
  { maxPending, waitsLong = false }: { maxPending: number; waitsLong?: boolean },
): Raising {
  /** By environment. */
  const queues = new Map<string, Waiting[]>();
  /** Environments with a call under way. */
  const calling = new Set<string>();
  let pending = 0;

  function callNext(): void {
    for (const [environment, queue] of queues) {
      if (calling.size >= MAX_CALLS) return;
      if (calling.has(environment)) continue;
      calling.add(environment);
      void callOnce(queue).finally(() => {
        calling.delete(environment);
        // At the end again, so that each environment has its turn.
        queues.delete(environment);
        if (queue.length > 0) queues.set(environment, queue);
        callNext();
      });
    }
  }

  async function callOnce(queue: Waiting[]): Promise<void> {
    const together = takeTogether(queue, waitsLong);
    const [first] = together;
    if (!first) return;
    try {
      const anomalies = together.flatMap((one) => one.anomalies);
      await incidents.raise(anomalies, { timeoutSeconds: first.timeoutSeconds });
      for (const { resolve } of together) resolve();
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  function enter(environment: string, anomalies: Anomaly[], timeoutSeconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { anomalies, timeoutSeconds, since: performance.now(), resolve, reject };
      const queue = queues.get(environment);
      if (queue) queue.push(waiting);
      else queues.set(environment, [waiting]);
      callNext();
    });
  }

  /** Piece by piece, each with the time of a call of its own: a post may hold thousands of alerts. */
  async function enterAll(environment: string, anomalies: Anomaly[], timeoutSeconds: number): Promise<void> {
    for (let from = 0; from < anomalies.length; from += MOST_AT_ONCE) {
      await enter(environment, anomalies.slice(from, from + MOST_AT_ONCE), timeoutSeconds);
    }
  }

  return {
    async raise(anomalies, { timeoutSeconds }) {
      if (pending + anomalies.length > maxPending) {
        throw new Overloaded(
          `${pending} alerts wait for Temporal already, ${anomalies.length} more would be above webhook.maxPending`,
        );
      }
      pending += anomalies.length;
      try {
        const parts = group(anomalies, ({ environment }) => environment);
        await Promise.all([...parts].map(([name, part]) => enterAll(name, part, timeoutSeconds)));
      } finally {
        pending -= anomalies.length;
      }
    },
  };
}

/** Takes the oldest of a queue, as many as one call carries. Those that waited too long are refused. */
function takeTogether(queue: Waiting[], waitsLong: boolean): Waiting[] {
  const taken: Waiting[] = [];
  let room = MOST_AT_ONCE;
  for (;;) {
    const next = queue[0];
    if (!next || (taken.length > 0 && next.anomalies.length > room)) return taken;
    queue.shift();
    if (!waitsLong && performance.now() - next.since > next.timeoutSeconds * 1000) {
      next.reject(new TemporalUnavailable('Temporal is slow: the alerts had to wait for too long'));
      continue;
    }
    taken.push(next);
    room -= next.anomalies.length;
  }
}
