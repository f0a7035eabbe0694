import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { execa } from 'execa';
import getPort from 'get-port';

/** As tools/servers/jaeger.sh builds it. */
const VERSION = '1.76.0';
const CACHE = process.env['FAULTLINE_TEST_CACHE'] ?? join(homedir(), '.cache/faultline');
export const JAEGER = join(CACHE, `jaeger-${VERSION}`, 'jaeger');

const READY_TIMEOUT_MS = 60_000;

export interface Jaeger {
  url: string;
  /** Takes an ExportTraceServiceRequest in OTLP JSON. */
  send(request: unknown): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a real Jaeger that keeps what it is sent for good; `memory` keeps it as Jaeger's own examples do.
 * @throws where it was not built
 */
export async function startJaeger(storage: 'badger' | 'memory' = 'badger'): Promise<Jaeger> {
  if (!existsSync(JAEGER)) throw new Error(`no Jaeger at ${JAEGER}; build it with: tools/servers/jaeger.sh`);
  const [query, grpc, otlp] = await Promise.all([getPort(), getPort(), getPort()]);
  const directory = await mkdtemp(join(tmpdir(), 'faultline-jaeger-'));
  const file = join(directory, 'jaeger.json');
  // Fixtures are older than what Badger keeps by itself.
  const backend = { badger: { ephemeral: true, ttl: { spans: '876000h' } }, memory: { max_traces: 10_000 } };
  const config = {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' } },
    },
    extensions: {
      jaeger_query: {
        storage: { traces: 'spans' },
        http: { endpoint: `127.0.0.1:${query}` },
        grpc: { endpoint: `127.0.0.1:${grpc}` },
      },
      jaeger_storage: { backends: { spans: { [storage]: backend[storage] } } },
    },
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'spans' } },
  };
  await writeFile(file, JSON.stringify(config));
  const child = execa(JAEGER, ['--config', file], {
    reject: false,
    all: true,
    cleanup: true,
    env: { OTEL_TRACES_EXPORTER: 'none' },
  });
  const url = `http://127.0.0.1:${query}`;
  await ready(url);
  return {
    url,
    send: async (request) => {
      await axios.post(`http://127.0.0.1:${otlp}/v1/traces`, request);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await child;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await axios
      .get(`${url}/api/services`, { validateStatus: null, timeout: 1000 })
      .catch(() => null);
    if (answer?.status === 200) return;
    if (Date.now() > deadline)
      throw new Error(`Jaeger at ${url} was not ready in ${READY_TIMEOUT_MS / 1000} s`);
    await sleep(200);
  }
}
