/** A small, honest shop to break: real processes, real pools and timeouts, real metrics and alerts. */
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import getPort from 'get-port';
import type { Change } from '../../model/change.js';
import { controllerApi } from './control/api.js';
import { breakIt, type Release } from './control/break.js';
import { DeployLog } from './control/deploy-log.js';
import { end, forkProgram, packPrograms } from './control/program.js';
import { ServiceProcess } from './control/service-process.js';
import { startSurroundings, type Surroundings } from './control/surroundings.js';
import { parseFault, type Fault } from './fault-catalog.js';
import { startMonitoring, type Monitoring } from './monitoring/start.js';
import type { LoadLaunch, ToLoad } from './protocol.js';
import { callEdges, EDGE, specOf, STORE, TOPOLOGY, type Edge, type Settings } from './topology.js';

export { FAULTS, type Fault } from './fault-catalog.js';
export { EDGE, type Edge } from './topology.js';

const HOST = '127.0.0.1';
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
  /** Whether the database service keeps its data in a real PostgreSQL, as `database-lock` needs it. @default false */
  postgres?: boolean;
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
  /** The API server of the cluster that the shop runs in. */
  kubernetesUrl: string;
  /** Where a diagnosis may look for itself. */
  probes: {
    /** Addresses of services with TLS. */
    tls: { service: string; target: string; caFile: string }[];
    /** `host:port` of the name server. */
    nameServer: string;
    /** `host:port`; null without PostgreSQL. */
    postgres: string | null;
  };
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
  const around = await startSurroundings(services, options.postgres ? { logsFile } : null);
  const processes = new Map(
    services.map((service) => [
      service,
      new ServiceProcess(
        service,
        {
          ...{ port: ports[service]!, adminPort: admin[service]!, ports, caFile: around.caFile },
          nameServerPort: around.names.port,
          certificates: around.certificates[service] ?? null,
          postgresPort: service === STORE ? (around.database?.port ?? null) : null,
        },
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

  const release = async (service: string, what: Release, settings?: Settings): Promise<Change> => {
    const version = nextVersion(processOf(service).version);
    await processOf(service).deploy(version, settings);
    return deployLog.add({ service, ...what, title: what.title.replace('$version', version) });
  };

  const inject = async (name: string): Promise<Fault> => {
    const fault = parseFault(name);
    await breakIt(fault, { processOf, portOf: (service) => ports[service]!, release, sendLoad, around });
    log(`${name}: ${fault.description}`);
    return fault;
  };

  const recover = async (): Promise<void> => {
    sendLoad({ factor: 1, flood: null });
    around.names.restore();
    around.cluster.recover();
    await around.database?.unlock();
    for (const { service } of [...processes.values()]) {
      const running = processOf(service);
      await running.clearFaults();
      await running.renewCertificate();
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
    postgres: around.database?.pids() ?? [],
  });

  const api = controllerApi({ log: deployLog, inject, recover, pids });
  const stop = async (): Promise<void> => {
    if (load) await end(load);
    await Promise.all([...processes.values()].map((service) => service.stop()));
    await monitoring?.stop();
    await around.stop();
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
      kubernetesUrl: around.cluster.url,
      probes: probesOf(around, ports),
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

function probesOf(
  { certificates, caFile, names, database }: Surroundings,
  ports: Record<string, number>,
): Shop['probes'] {
  return {
    tls: Object.keys(certificates).map((service) => ({
      ...{ service, target: `${HOST}:${ports[service]!}`, caFile },
    })),
    nameServer: `${HOST}:${names.port}`,
    postgres: database && `${HOST}:${database.port}`,
  };
}

async function freePorts(services: string[]): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const service of services) ports[service] = await getPort({ host: HOST });
  return ports;
}

function nextVersion(version: string): string {
  return version.replace(/\d+$/, (patch) => String(Number(patch) + 1));
}
