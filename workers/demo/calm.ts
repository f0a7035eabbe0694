import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import type { Incidents } from '../../client/incidents.js';

export interface CalmWatch {
  /** What is wrong now: names of alerts that are pending or fire, ids of open incidents. */
  disturbances(): Promise<string[]>;
  /** For so long in one piece nothing may be wrong. */
  calmSeconds: number;
  /** Beyond this the wait is given up: the machine is too busy for the shop. */
  patienceSeconds: number;
  /** Called at every look, with the seconds that are left and what is in the way. */
  report(secondsLeft: number, disturbances: readonly string[]): void;
  signal: AbortSignal;
  /** Unix seconds. @default the clock */
  now?: () => number;
  /** @default 1000 */
  everyMilliseconds?: number;
}

/**
 * Waits until nothing was wrong for a while: what is broken then is broken on purpose.
 *
 * @throws Error that names what was still wrong when patience ended
 */
export async function untilCalm(watch: CalmWatch): Promise<void> {
  const { calmSeconds, patienceSeconds, signal, everyMilliseconds = 1_000 } = watch;
  const now = watch.now ?? (() => Date.now() / 1000);
  const start = now();
  let calmSince = start;
  for (;;) {
    const disturbances = await watch.disturbances();
    if (disturbances.length > 0) calmSince = now();
    const left = calmSince + calmSeconds - now();
    if (left <= 0) return;
    if (now() - start > patienceSeconds) {
      const what = disturbances.length > 0 ? disturbances.join(', ') : 'alerts came and went';
      throw new Error(
        `nothing was injected: the shop was not calm for ${calmSeconds} s within ${patienceSeconds} s (${what}); the machine may be too busy`,
      );
    }
    watch.report(Math.ceil(left), disturbances);
    await sleep(everyMilliseconds, undefined, { signal });
  }
}

/** Alerts that a Prometheus holds for pending or firing, by name, and the incidents that are open. */
export async function disturbancesOf(
  prometheusUrl: string,
  incidents: Incidents,
  environment: string,
): Promise<string[]> {
  const [alerts, open] = await Promise.all([
    alertsOf(prometheusUrl),
    incidents.list({ environment: [environment], state: ['open'] }, { limit: 10 }),
  ]);
  return [...alerts, ...open.incidents.map(({ id }) => id)];
}

interface Alert {
  labels: { alertname?: string };
  state: 'pending' | 'firing';
}

/** Alerts that a Prometheus holds for pending or firing, each name once. */
export async function alertsOf(
  prometheusUrl: string,
  states: readonly Alert['state'][] = ['pending', 'firing'],
): Promise<string[]> {
  const { data } = await axios.get<{ data: { alerts: Alert[] } }>(`${prometheusUrl}/api/v1/alerts`, {
    timeout: 10_000,
  });
  const wanted = data.data.alerts.filter(({ state }) => states.includes(state));
  const names = wanted.map(({ labels }) => `alert ${labels.alertname ?? 'without a name'}`);
  return [...new Set(names)];
}
