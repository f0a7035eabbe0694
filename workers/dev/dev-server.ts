import { execa } from 'execa';
import getPort from 'get-port';
import type { Logger } from 'pino';
import { lockDatabase } from './file-lock.js';
import { keepRunsFor, untilReady } from './readiness.js';
import { HOST, serverFlags } from './server-flags.js';
import { findTemporal, type TemporalBinary } from './temporal-binary.js';
import { tether } from './tether.js';

/** The server closes its shards in well under a second; after this it is killed. */
const STOP_TIMEOUT_MS = 5000;
/** Finished runs are kept so long in a file; the CLI's own day would lose last week's incidents. */
const RETENTION_DAYS = 30;
const REMEMBERED_LINES = 8;

export interface DevServerOptions {
  /** SQLite file that keeps the runs; null keeps them in memory, for as long as the server runs. */
  dbFile?: string | null;
  /** Port of the gRPC frontend; a free one when left out. */
  port?: number;
  /** Port of the web UI; a free one when left out. */
  uiPort?: number;
  namespace?: string;
  /** Whether to serve the web UI. Default true. */
  ui?: boolean;
  /** Server settings by key, such as `{'history.timerProcessorMaxTimeShift': '10ms'}`. */
  dynamicConfig?: Record<string, string | number | boolean>;
  /** Further flags for `temporal server start-dev`. */
  extra?: string[];
  /** The CLI, when it has been found already. */
  binary?: TemporalBinary;
  log: Logger;
}

export interface DevServer {
  /** host:port of the gRPC frontend. */
  address: string;
  /** Address of the web UI; null when it is off. */
  uiUrl: string | null;
  namespace: string;
  /** Process id of the server, for tests that kill it. */
  pid: number;
  /** Resolves when the server has ended, whether stopped by us or by itself, with what it said last. */
  ended: Promise<{ expected: boolean; said: string }>;
  /** Ends the server and gives its file back; may be called again. */
  stop: () => Promise<void>;
}

/**
 * Starts a real Temporal server as a child process and waits until it takes work: its namespace is there and
 * Faultline's search attributes are registered. On a file, runs survive a restart, and a second server is refused.
 * The child ends with this process, however that ends.
 * @throws Error when the CLI is not found, the file is in use, a given port is taken, or the server does not start.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { log, dbFile = null } = options;
  const binary = options.binary ?? (await findTemporal());
  const port = options.port ?? (await getPort({ host: HOST }));
  const uiPort =
    options.ui === false ? null : (options.uiPort ?? (await getPort({ host: HOST, exclude: [port] })));
  const address = `${HOST}:${port}`;
  for (let attempt = 1; ; attempt += 1) {
    const unlock = dbFile === null ? () => Promise.resolve() : await lockDatabase(dbFile, address, log);
    try {
      return await launch({ options, binary, port, uiPort, address, unlock });
    } catch (error) {
      await unlock();
      if (!(error instanceof NotStarted) || attempt === ATTEMPTS) throw error;
      log.debug({ error: error.message }, 'the Temporal dev server is started once more');
    }
  }
}

/** Its parts take free ports of their own, and another program may be faster: then the server ends at once. */
const ATTEMPTS = 2;

/** The server ended before it took work. */
class NotStarted extends Error {}

interface Launch {
  options: DevServerOptions;
  binary: TemporalBinary;
  port: number;
  uiPort: number | null;
  address: string;
  unlock: () => Promise<unknown>;
}

async function launch({ options, binary, port, uiPort, address, unlock }: Launch): Promise<DevServer> {
  const { log, dbFile = null, namespace = 'default' } = options;
  const flags = serverFlags(options, binary.version, port, uiPort);
  log.debug({ path: binary.path, flags }, 'starting the Temporal dev server');
  const child = execa(binary.path, flags, {
    all: true,
    stdin: 'ignore',
    reject: false,
    buffer: false,
    // Its own session: at Ctrl-C the worker must finish first, while the server still answers.
    detached: process.platform !== 'win32',
    cleanup: true,
    forceKillAfterDelay: STOP_TIMEOUT_MS,
  });
  const said = listen(child.iterable({ from: 'all' }), log);
  if (child.pid === undefined)
    throw new Error(`${binary.path} could not be started: ${(await child).message ?? ''}`);
  const untie = tether(child.pid);
  let stopping = false;
  const ended = child.then(async () => {
    untie();
    await unlock();
    return { expected: stopping, said: said() };
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGTERM');
    await ended;
  };

  const starting = new AbortController();
  try {
    const failed = ended.then(() => {
      throw new NotStarted(
        `The Temporal dev server (${binary.path}) did not start: ${said() || 'it said nothing'}`,
      );
    });
    await Promise.race([untilReady(address, namespace, starting.signal), failed]);
    if (dbFile !== null) await keepRunsFor(RETENTION_DAYS, address, namespace);
  } catch (error) {
    starting.abort();
    await stop();
    throw error;
  }
  return {
    address,
    uiUrl: uiPort === null ? null : `http://${HOST}:${uiPort}`,
    namespace,
    pid: child.pid,
    ended,
    stop,
  };
}

/** Passes the server's lines on to the log and remembers the last ones, which tell why it ended. */
function listen(lines: AsyncIterable<string>, log: Logger): () => string {
  const last: string[] = [];
  const reading = async (): Promise<void> => {
    for await (const line of lines) {
      log.debug({ from: 'temporal' }, line);
      last.push(line);
      if (last.length > REMEMBERED_LINES) last.shift();
    }
  };
  // A pipe that breaks when the server is killed ends the reading; the exit itself is reported by `ended`.
  reading().catch(() => undefined);
  return () => last.join('\n').trim();
}
