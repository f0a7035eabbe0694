import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import getPort from 'get-port';
import { cacheDirectory } from '../../workers/dev/wheel.js';
import { skipOrFail } from './needs.js';

/** A server of a test's own. */
export interface LiveServer {
  url: string;
  stop(): Promise<void>;
}

/** A real VictoriaLogs; without its program in the cache the test is skipped. */
export async function startVictoriaLogs(test: Mocha.Context): Promise<LiveServer> {
  const program = join(cacheDirectory(), 'victoria-logs-1.52.1', 'victoria-logs');
  if (!existsSync(program)) skipOrFail(test, 'VictoriaLogs', 'sh tools/servers/victoria-logs.sh');
  return start('/health', (port, folder) => [
    program,
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${folder}`,
    // The lines of the tests have times of their own.
    '-retentionPeriod=100y',
    '-futureRetention=100y',
  ]);
}

/** A real OpenSearch; without its jars in the cache the test is skipped. */
export async function startOpenSearch(test: Mocha.Context): Promise<LiveServer> {
  const jars = join(cacheDirectory(), 'opensearch-2.19.6');
  if (!existsSync(join(jars, 'Server.class'))) {
    skipOrFail(test, 'OpenSearch', 'sh tools/servers/opensearch.sh');
  }
  return start('/_cluster/health?wait_for_status=yellow&timeout=5s', (port, folder) => [
    ...['java', '-Xmx512m', '-cp', `${jars}/*:${jars}`, 'Server'],
    ...[folder, String(port)],
  ]);
}

async function start(
  readyPath: string,
  command: (port: number, folder: string) => string[],
): Promise<LiveServer> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-log-server-'));
  const port = await getPort({ host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const [program, ...flags] = command(port, folder) as [string, ...string[]];
  const child = spawn(program, flags, { stdio: 'ignore', cwd: folder });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  // OpenSearch takes half a minute on a free machine.
  for (let attempt = 1; ; attempt += 1) {
    const answer = await axios.get(url + readyPath, { validateStatus: null }).catch(() => null);
    if (answer?.status === 200) break;
    if (attempt === 480 || child.exitCode !== null) throw new Error(`${program} did not start at ${url}`);
    await sleep(500);
  }
  return {
    url,
    stop: async () => {
      process.off('exit', kill);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
