import { setMaxListeners } from 'node:events';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import type { Limits } from '../../activities/collect/attempt.js';
import type { CollectDeps } from '../../activities/collect/deps.js';
import { loadPacks } from '../../activities/collect/metrics/packs/load.js';
import type { MetricsSource } from '../../activities/collect/metrics/source/source.js';
import type { EvidenceStore, Tables } from '../../activities/record/evidence-store.js';
import { configSchema, type Config } from '../../config/schema.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { EvidenceRef, Scope } from '../../model/incident.js';
import type { Binding } from '../../model/reading.js';
import type { Series } from '../../model/series.js';

/** Work that is neither cancelled nor short of time. */
export const NO_LIMITS: Limits = { signal: unheard() };

function unheard(): AbortSignal {
  const { signal } = new AbortController();
  // Whatever runs at once listens to it.
  setMaxListeners(0, signal);
  return signal;
}

/** An evidence store for a test. */
export class MemoryStore implements EvidenceStore {
  readonly blobs = new Map<string, Series[]>();
  readonly tables = new Map<string, Tables[keyof Tables]>();
  private readonly documents = new Map<string, Buffer>();

  put(series: readonly Series[], about: string): Promise<EvidenceRef> {
    const uri = `memory/${this.blobs.size}`;
    this.blobs.set(uri, [...series]);
    const summary = `${series.length} series of ${about}`;
    return Promise.resolve({ kind: 'series', uri, digest: '', bytes: 0, summary });
  }

  get(uri: string): Promise<Series[]> {
    const blob = this.blobs.get(uri);
    return blob ? Promise.resolve(blob) : Promise.reject(new Error(`${uri} is gone`));
  }

  putTable<K extends keyof Tables>(kind: K, table: Tables[K], about: string): Promise<EvidenceRef> {
    const uri = `memory/${kind}-${this.tables.size}`;
    this.tables.set(uri, table);
    return Promise.resolve({ kind, uri, digest: '', bytes: 0, summary: about });
  }

  getTable<K extends keyof Tables>(_kind: K, uri: string): Promise<Tables[K]> {
    const table = this.tables.get(uri);
    return table ? Promise.resolve(table as Tables[K]) : Promise.reject(new Error(`${uri} is gone`));
  }

  putBytes(bytes: Buffer): Promise<string> {
    const uri = `memory/document-${this.documents.size}`;
    this.documents.set(uri, bytes);
    return Promise.resolve(uri);
  }

  getBytes(uri: string): Promise<Buffer> {
    const bytes = this.documents.get(uri);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`${uri} is gone`));
  }
}

/** A configuration with nothing but what a test needs. */
export function testConfig(more: object = {}): Config {
  return configSchema.parse({ metrics: { type: 'prometheus', url: 'http://127.0.0.1:1' }, ...more });
}

/** What the collecting activities are made of, over a source and the packs that come with Faultline. */
export async function collectDeps(
  source: MetricsSource,
  config: Config = testConfig(),
): Promise<CollectDeps & { store: MemoryStore }> {
  const packs = await loadPacks();
  const reported = { read: () => Promise.resolve({ changes: [], gaps: [] }) };
  return { source, packs, config, store: new MemoryStore(), reported, log: pino({ level: 'silent' }) };
}

export const bindingOf = (pack: string, more: Partial<Binding> = {}): Binding => ({
  pack,
  service: 'job',
  host: 'instance',
  namespaced: false,
  ...more,
});

/** A planned scope of these services, read by these packs. */
export function scopeOf(services: string[], packs: Binding[], more: Partial<Scope> = {}): Scope {
  return {
    environment: 'test',
    service: services[0]!,
    symptom: 'latency',
    services,
    window: { start: 1000, end: 1600, stepSeconds: 15 },
    anomalyTime: 1500,
    packs: packs.map(({ pack }) => pack),
    reading: { packs, rateWindowSeconds: 60 },
    graph: { services, edges: [], placements: [], external: [] },
    gaps: [],
    ...more,
  };
}

export const alertOn = (service: string, more: Partial<Anomaly> = {}): Anomaly => ({
  source: 'alertmanager',
  fingerprint: service,
  group: 'g',
  status: 'firing',
  environment: 'test',
  service,
  symptom: 'latency',
  severity: 'warning',
  title: `${service} is slow`,
  startedAt: 1500,
  endedAt: null,
  labels: {},
  annotations: {},
  links: [],
  ...more,
});

/** As the workflow schedules collecting activities: with a start-to-close timeout alone. */
const COLLECTING = { startToCloseTimeoutMs: 90_000, scheduleToCloseTimeoutMs: 0 };

/** Runs an activity in an environment of its own; what it logs of failures is not shown. */
export function runActivity<I, R>(
  activity: (input: I) => Promise<R>,
  input: I,
  info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {},
): { result: Promise<R>; cancel: () => void; heartbeats: unknown[] } {
  const environment = new MockActivityEnvironment(
    { ...COLLECTING, ...info },
    { logger: new DefaultLogger('ERROR') },
  );
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  const run = environment.run<[I], R, (input: I) => Promise<R>>(activity, input);
  return { result: run, cancel: () => environment.cancel(), heartbeats };
}
