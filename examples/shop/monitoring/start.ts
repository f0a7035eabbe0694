import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, ExecaError, type ResultPromise } from 'execa';
import getPort from 'get-port';
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

/**
 * Runs a program until it ends or until our end of its stdin closes, which the system does for us however we
 * die: no server outlives the shop.
 */
const LEASH = `
exec 3<&0
"$0" "$@" </dev/null 3<&- &
program=$!
(cat <&3 >/dev/null; kill "$program" 2>/dev/null) &
wait "$program"
`;

/** @throws when none of the names is a program on PATH; says how to install it. */
async function findProgram(names: string[]): Promise<string> {
  for (const name of names) {
    try {
      await execa(name, ['--version']);
      return name;
    } catch (error) {
      if (!(error instanceof ExecaError) || error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`${names.join(' or ')}: not found on PATH; install it with: ${INSTALL_LINE}`);
}

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

async function end(program: ResultPromise): Promise<void> {
  program.stdin?.end();
  await program.catch(() => undefined);
}

/** Starts the real Prometheus and Alertmanager over the shop. Their data and logs live under `runDir`. */
export async function startMonitoring(plan: Omit<MonitoringPlan, 'alertmanagerPort'>): Promise<Monitoring> {
  const [prometheus, alertmanager] = await Promise.all([
    findProgram(['prometheus']),
    findProgram(['prometheus-alertmanager', 'alertmanager']),
  ]);
  const prometheusPort = await getPort({ host: '127.0.0.1' });
  const alertmanagerPort = await getPort({ host: '127.0.0.1' });
  const files = await writeMonitoringFiles({ ...plan, alertmanagerPort });
  const folder = path.resolve(plan.runDir, 'monitoring');
  await mkdir(folder, { recursive: true });

  const run = (program: string, args: string[]): ResultPromise => {
    const output = { file: path.join(folder, `${program}.log`) };
    return execa('sh', ['-c', LEASH, program, ...args], { stdin: 'pipe', stdout: output, stderr: output });
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
    await Promise.all(programs.map(end));
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
