import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { execa } from 'execa';
import getPort from 'get-port';

/** A real Prometheus that holds what a test wrote, and scrapes nothing. */
export interface WrittenPrometheus {
  url: string;
  /** The server dies at once, as in a crash; `restart` brings it back on the same address. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;

/** Starts Prometheus on the samples of an OpenMetrics text with timestamps, in `directory`, with further flags. */
export async function startWrittenPrometheus(
  directory: string,
  openMetrics: string,
  flags: readonly string[] = [],
): Promise<WrittenPrometheus> {
  const data = join(directory, 'data');
  const configFile = join(directory, 'prometheus.yml');
  await mkdir(data, { recursive: true });
  await writeFile(join(directory, 'samples.txt'), openMetrics);
  await writeFile(configFile, 'global: { scrape_interval: 15s }\n');
  await execa('promtool', [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    join(directory, 'samples.txt'),
    data,
  ]);

  const port = await getPort({ host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const start = async () => {
    const child = execa(
      'prometheus',
      [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${data}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--storage.tsdb.retention.time=10y',
        ...flags,
      ],
      { reject: false, all: true, cleanup: true },
    );
    await ready(url);
    // In an object: an execa child is itself a promise, of its own end.
    return { child };
  };

  let server = await start();
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    server.child.kill(signal);
    await server.child;
  };
  return {
    url,
    kill: () => end('SIGKILL'),
    restart: async () => {
      server = await start();
    },
    stop: () => end('SIGTERM'),
  };
}

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await axios
      .get(`${url}/-/ready`, { validateStatus: null, timeout: 1000 })
      .catch(() => null);
    if (answer?.status === 200) return;
    if (Date.now() > deadline)
      throw new Error(`Prometheus at ${url} was not ready in ${READY_TIMEOUT_MS / 1000} s`);
    await sleep(100);
  }
}
