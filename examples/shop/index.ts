/** A small, honest shop to break: real processes, real pools and timeouts, real metrics and alerts. */
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import getPort from 'get-port';
import type { Change } from '../../model/change.js';
import { controllerApi } from './control/api.js';
import { DeployLog } from './control/deploy-log.js';
import { end, forkProgram, packPrograms } from './control/program.js';
import { ServiceProcess } from './control/service-process.js';
import { badConfigOf, parseFault, type Fault } from './fault-catalog.js';
import { startMonitoring, type Monitoring } from './monitoring/start.js';
import type { Flood, LoadLaunch, ToLoad } from './protocol.js';
import {
  callEdges,
  capacity,
  EDGE,
  goodSettings,
  specOf,
  TOPOLOGY,
  type Edge,
  type Settings,
} from './topology.js';

export { FAULTS, type Fault } from './fault-catalog.js';
export { EDGE, type Edge } from './topology.js';

const HOST = '127.0.0.1';
/** The `overload` fault: journeys at the edge multiply by this, or a flood of this share of the capacity. */
const SURGE_FACTOR = 8;
const FLOOD_SHARE = 1.4;
/** A buggy release fails this share of its requests (0..1) and calls its callees this often. */
const RELEASE_FAILURES = 0.35;
const RELEASE_CALLS = 2;

export interface ShopOptions {
  /** Where this run keeps its files: configuration, data and logs of the monitoring. */
  runDir: string;
  /** Where Alertmanager posts alerts, and the bearer token it shows there. */
  webhookUrl?: string;
  webhookToken?: string;
  /** Requests per second at the edge. @default 30 */
  rate?: number;
  /** Seconds between two scrapes and between two looks at the alert rules. @default 2 */
  scrapeSeconds?: number;
  /** Seed of the load. @default 1 */
  seed?: number;
  /** Whether to start Prometheus and Alertmanager. @default true */
  monitoring?: boolean;
  log?: (line: string) => void;
}

export interface Shop {
  edgeUrl: string;
  /** Empty without monitoring, as is the next one. */
  prometheusUrl: string;
  alertmanagerUrl: string;
  /** Answers a JSON array of changes. */
  deploysUrl: string;
  /** What the services wrote: lines of JSON. */
  logsFile: string;
  /** Spans of a tenth of the requests: lines of OTLP JSON. */
  tracesFile: string;
  controllerUrl: string;
  services: string[];
  /** Services outside the shop's control, among `services`. */
  external: string[];
  /** The true call graph. */
  edges: Edge[];
  /** Where each service but the external ones shows its metrics. */
  metricsUrls: Record<string, string>;
  /** Breaks something, by name. @throws when the name is not a fault. */
  inject: (fault: string) => Promise<Fault>;
  /** Takes every injected fault back. */
  recover: () => Promise<void>;
  /** Deploys a release that changes nothing but its version: a decoy. */
  deploy: (service: string, title?: string) => Promise<Change>;
  deploys: () => Change[];
  /** Process ids of everything that runs, by role. */
  pids: () => Record<string, number[]>;
  /** Ends every process. */
  stop: () => Promise<void>;
}

/**
 * Starts every service, the load and (unless told otherwise) the monitoring, and returns when requests flow.
 * @throws when a port, a process or a monitoring program cannot be had; nothing is left running then.
 */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { rate = 30, scrapeSeconds = 2, seed = 1, log = () => undefined } = options;
  await mkdir(options.runDir, { recursive: true });
  const programs = packPrograms(path.resolve(options.runDir, 'programs'));
  const logFile = (role: string): string => path.join(options.runDir, `${role}.log`);
  const logsFile = path.join(options.runDir, 'logs.ndjson');
  const tracesFile = path.join(options.runDir, 'traces.jsonl');
  // There is a file to read before the first line is written.
  await Promise.all([logsFile, tracesFile].map((file) => writeFile(file, '', { flag: 'a' })));
  const services = Object.keys(TOPOLOGY);
  const ports = await freePorts(services);
  const admin = await freePorts(services);
  const external = services.filter((service) => specOf(service).external);
  const scraped = services.filter((service) => !specOf(service).external);
  const processes = new Map(
    services.map((service) => [
      service,
      new ServiceProcess(
        service,
        { own: ports[service]!, admin: admin[service]!, all: ports },
        programs.service,
        { output: logFile(service), logs: logsFile, spans: tracesFile },
        log,
      ),
    ]),
  );
  const processOf = (service: string): ServiceProcess => processes.get(service)!;

  const deployLog = new DeployLog(Date.now() / 1000);
  let load: ChildProcess | null = null;
  let monitoring: Monitoring | null = null;
  const sendLoad = (orders: ToLoad): void => {
    load?.send(orders);
  };

  const release = async (
    service: string,
    bad: { kind: 'deploy' | 'config'; title: string; details?: string; files?: string[]; author?: string },
    settings?: Settings,
  ): Promise<Change> => {
    const version = nextVersion(processOf(service).version);
    await processOf(service).deploy(version, settings);
    return deployLog.add({ service, ...bad, title: bad.title.replace('$version', version) });
  };

  const inject = async (name: string): Promise<Fault> => {
    const fault = parseFault(name);
    const { service, injection } = fault;
    const spec = specOf(service);
    switch (injection) {
      case 'down':
        await processOf(service).kill();
        break;
      case 'config': {
        const bad = badConfigOf(service, spec);
        await release(service, { kind: 'config', ...bad }, bad.apply(goodSettings(spec)));
        break;
      }
      case 'release':
        await release(
          service,
          {
            kind: 'deploy',
            title: `${service} $version: rewrite of the request handling`,
            files: [`${service}/src/handler.ts`],
          },
          {
            ...goodSettings(spec),
            failureRatio: RELEASE_FAILURES,
            failure: 'TypeError: total.toFixed is not a function at priceOf (src/handler.ts:88:14)',
            callsPerRequest: RELEASE_CALLS,
          },
        );
        break;
      case 'overload':
        sendLoad(
          service === EDGE
            ? { factor: SURGE_FACTOR, flood: null }
            : { factor: 1, flood: floodOf(service, ports[service]!) },
        );
        break;
      case 'latency':
      case 'errors':
      case 'cpu':
      case 'leak':
      case 'pool':
        await processOf(service).startFault(injection);
    }
    log(`${name}: ${fault.description}`);
    return fault;
  };

  const recover = async (): Promise<void> => {
    sendLoad({ factor: 1, flood: null });
    for (const { service } of [...processes.values()]) {
      const running = processOf(service);
      await running.clearFaults();
      if (running.degraded) {
        await release(service, {
          kind: 'deploy',
          title: `${service} $version: roll back`,
          author: 'on-call',
        });
      } else {
        await running.start();
      }
    }
    log('recovered');
  };

  const pids = (): Record<string, number[]> => ({
    ...Object.fromEntries([...processes].map(([service, running]) => [service, running.pids()])),
    load: load?.pid !== undefined && load.exitCode === null && load.signalCode === null ? [load.pid] : [],
    monitoring: monitoring?.pids() ?? [],
  });

  const api = controllerApi({ log: deployLog, inject, recover, pids });
  const stop = async (): Promise<void> => {
    if (load) await end(load);
    await Promise.all([...processes.values()].map((service) => service.stop()));
    await monitoring?.stop();
    await api.close();
  };

  try {
    await Promise.all([...processes.values()].map((service) => service.start()));
    const controllerUrl = await api.listen({ host: HOST, port: 0 });
    if (options.monitoring ?? true) {
      monitoring = await startMonitoring({
        runDir: options.runDir,
        scrape: Object.fromEntries(scraped.map((service) => [service, admin[service]!])),
        scrapeSeconds,
        ...(options.webhookUrl === undefined ? {} : { webhookUrl: options.webhookUrl }),
        ...(options.webhookToken === undefined ? {} : { webhookToken: options.webhookToken }),
      });
    }
    const orders: LoadLaunch = { edgePort: ports[EDGE]!, rate, seed };
    load = forkProgram(programs.load, orders, logFile('load'));
    return {
      edgeUrl: `http://${HOST}:${ports[EDGE]!}`,
      prometheusUrl: monitoring?.prometheusUrl ?? '',
      alertmanagerUrl: monitoring?.alertmanagerUrl ?? '',
      controllerUrl,
      deploysUrl: `${controllerUrl}/deploys`,
      logsFile,
      tracesFile,
      services,
      external,
      edges: callEdges(),
      metricsUrls: Object.fromEntries(
        scraped.map((service) => [service, `http://${HOST}:${admin[service]!}/metrics`]),
      ),
      inject,
      recover,
      deploy: (service, title = `${service} $version: routine release`) =>
        release(service, { kind: 'deploy', title }),
      deploys: () => deployLog.all(),
      pids,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function freePorts(services: string[]): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const service of services) ports[service] = await getPort({ host: HOST });
  return ports;
}

function floodOf(service: string, port: number): Flood {
  const spec = specOf(service);
  return {
    port,
    rate: FLOOD_SHARE * capacity(spec),
    requests: Object.values(spec.operations).map(({ method, route }) => ({
      method,
      path: route.replace(':id', '1'),
    })),
  };
}

function nextVersion(version: string): string {
  return version.replace(/\d+$/, (patch) => String(Number(patch) + 1));
}
