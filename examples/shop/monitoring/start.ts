import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResultPromise } from 'execa';
import getPort from 'get-port';
import { findProgram, letGo, onLeash } from '../control/leash.js';
import { writeMonitoringFiles, type MonitoringPlan } from './config.js';

export interface Monitoring {
  prometheusUrl: string;
  alertmanagerUrl: string;
  pids: () => number[];
  stop: () => Promise<void>;
}

/** The one line that installs what is missing. */
export const INSTALL_LINE = 'apt-get install -y prometheus prometheus-alertmanager';

const READY_TIMEOUT_MS = 30_000;

async function untilReady(url: string, program: ResultPromise): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let ended: unknown = null;
  program.catch((error: unknown) => (ended = error));
  while (Date.now() < deadline) {
    if (ended) throw new Error(`${url}: the program ended before it was ready`, { cause: ended });
    try {
      const response = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) });
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  throw new Error(`${url}: not ready within ${READY_TIMEOUT_MS} ms`);
}

/** Starts the real Prometheus and Alertmanager over the shop. Their data and logs live under `runDir`. */
export async function startMonitoring(plan: Omit<MonitoringPlan, 'alertmanagerPort'>): Promise<Monitoring> {
  const [prometheus, alertmanager] = await Promise.all([
    findProgram(['prometheus'], INSTALL_LINE),
    findProgram(['prometheus-alertmanager', 'alertmanager'], INSTALL_LINE),
  ]);
  const prometheusPort = await getPort({ host: '127.0.0.1' });
  const alertmanagerPort = await getPort({ host: '127.0.0.1' });
  const files = await writeMonitoringFiles({ ...plan, alertmanagerPort });
  const folder = path.resolve(plan.runDir, 'monitoring');
  await mkdir(folder, { recursive: true });

  const run = (program: string, args: string[]): ResultPromise => {
    const output = { file: path.join(folder, `${program}.log`) };
    return onLeash(program, args, { stdout: output, stderr: output });
  };
  const programs = [
    run(alertmanager, [
      `--config.file=${files.alertmanager}`,
      `--storage.path=${path.join(folder, 'alertmanager-data')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
    ]),
    run(prometheus, [
      `--config.file=${files.prometheus}`,
      `--storage.tsdb.path=${path.join(folder, 'prometheus-data')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ]),
  ];
  const alertmanagerUrl = `http://127.0.0.1:${alertmanagerPort}`;
  const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map(letGo));
  };
  try {
    await Promise.all([untilReady(alertmanagerUrl, programs[0]!), untilReady(prometheusUrl, programs[1]!)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    prometheusUrl,
    alertmanagerUrl,
    pids: () =>
      programs.flatMap(({ pid, exitCode }) => (exitCode === null && pid !== undefined ? [pid] : [])),
    stop,
  };
}
