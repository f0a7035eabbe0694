import type { Anomaly } from '../../model/anomaly.js';
import { Overloaded, TemporalUnavailable } from '../errors.js';
import type { Incidents } from '../incidents.js';

type Raising = Pick<Incidents, 'raise'>;

/** Anomalies that one call takes along: a few hundred fill one signal. */
const MOST_AT_ONCE = 500;

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
 * alone waits for nothing. Each post hears of its own anomalies, when they are durable.
 *
 * Holds at most `maxPending` anomalies: what is beyond them is refused with `Overloaded`. Posts that waited for longer
 * than their time are told to come back, unless `waitsLong`: a spool behind this door takes them, however late.
 */
export function coalesceRaises(
  incidents: Raising,
  { maxPending, waitsLong = false }: { maxPending: number; waitsLong?: boolean },
): Raising {
  const lanes = new Map<string, Waiting[]>();
  let pending = 0;

  /** Sends what waits in a lane until none is left; then the lane is gone. */
  async function drain(environment: string, lane: Waiting[]): Promise<void> {
    while (lane.length > 0) {
      const together = takeTogether(lane, waitsLong);
      const [first] = together;
      if (!first) continue;
      try {
        const anomalies = together.flatMap((one) => one.anomalies);
        await incidents.raise(anomalies, { timeoutSeconds: first.timeoutSeconds });
        for (const { resolve } of together) resolve();
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    lanes.delete(environment);
  }

  function enter(environment: string, anomalies: Anomaly[], timeoutSeconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = { anomalies, timeoutSeconds, since: performance.now(), resolve, reject };
      const lane = lanes.get(environment);
      if (lane) {
        lane.push(waiting);
        return;
      }
      const own = [waiting];
      lanes.set(environment, own);
      void drain(environment, own);
    });
  }

  return {
    async raise(anomalies, { timeoutSeconds }) {
      if (pending > 0 && pending + anomalies.length > maxPending) {
        throw new Overloaded(`${pending} signals wait for Temporal already (webhook.maxPending)`);
      }
      pending += anomalies.length;
      try {
        const parts = byEnvironment(anomalies);
        await Promise.all([...parts].map(([name, part]) => enter(name, part, timeoutSeconds)));
      } finally {
        pending -= anomalies.length;
      }
    },
  };
}

/** Takes the oldest off a lane, as many as one call carries. Those that waited too long are told to come back. */
function takeTogether(lane: Waiting[], waitsLong: boolean): Waiting[] {
  const taken: Waiting[] = [];
  let room = MOST_AT_ONCE;
  for (;;) {
    const next = lane[0];
    if (!next || (taken.length > 0 && next.anomalies.length > room)) return taken;
    lane.shift();
    if (!waitsLong && performance.now() - next.since > next.timeoutSeconds * 1000) {
      next.reject(new TemporalUnavailable('Temporal is slow: the signals had to wait for too long'));
      continue;
    }
    taken.push(next);
    room -= next.anomalies.length;
  }
}

function byEnvironment(anomalies: readonly Anomaly[]): Map<string, Anomaly[]> {
  const parts = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    const part = parts.get(anomaly.environment);
    if (part) part.push(anomaly);
    else parts.set(anomaly.environment, [anomaly]);
  }
  return parts;
}
