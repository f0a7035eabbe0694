import type { Change } from '../../../model/change.js';
import { badConfigOf, brokenOperationOf, guiltyCallee, type Fault } from '../fault-catalog.js';
import type { Flood, ToLoad } from '../protocol.js';
import { capacity, EDGE, goodSettings, specOf, type Settings } from '../topology.js';
import type { ServiceProcess } from './service-process.js';
import type { Surroundings } from './surroundings.js';

/** The `overload` fault: journeys at the edge multiply by this, or a flood of this share of the capacity. */
const SURGE_FACTOR = 8;
const FLOOD_SHARE = 1.4;
/** A buggy release fails this share of its requests (0..1) and calls its callees this often. */
const RELEASE_FAILURES = 0.35;
const RELEASE_CALLS = 2;
/** What the `setting` fault writes behind the address of a callee. */
const WRONG_PATH = '/v2';

/** What is said of a release. */
export interface Release {
  kind: 'deploy' | 'config';
  /** `$version` stands for the version that it becomes. */
  title: string;
  details?: string;
  files?: string[];
  author?: string;
}

/** What faults are done to. */
export interface Breakable {
  processOf: (service: string) => ServiceProcess;
  portOf: (service: string) => number;
  release: (service: string, what: Release, settings?: Settings) => Promise<Change>;
  sendLoad: (orders: ToLoad) => void;
  around: Surroundings;
}

/** Breaks something. @throws Error when what the fault needs was not started */
export async function breakIt(
  { name, service, injection }: Fault,
  { processOf, portOf, release, sendLoad, around }: Breakable,
): Promise<void> {
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
          : { factor: 1, flood: floodOf(service, portOf(service)) },
      );
      break;
    case 'exception':
      await release(
        service,
        { kind: 'deploy', title: `${service} $version: new price list`, files: [`${service}/src/prices.ts`] },
        { ...goodSettings(spec), brokenOperation: brokenOperationOf(spec) },
      );
      break;
    case 'setting': {
      const callee = guiltyCallee(service);
      await release(
        service,
        {
          kind: 'config',
          title: `${service} $version: address of ${callee}`,
          details: `${callee}.url: ${urlOf(callee)} -> ${urlOf(callee)}${WRONG_PATH}`,
          files: [`deploy/${service}/values.yaml`],
        },
        { ...goodSettings(spec), paths: { [callee]: WRONG_PATH } },
      );
      break;
    }
    case 'lock':
      if (!around.database) throw new Error(`fault ${name}: the shop was started without PostgreSQL`);
      await around.database.lock();
      break;
    case 'dns':
      around.names.lose(service);
      await processOf(service).hangUp();
      break;
    case 'certificate':
      await processOf(service).endCertificate();
      break;
    case 'image':
      around.cluster.rollOutMissingImage(service);
      await processOf(service).kill();
      break;
    case 'quota':
      around.cluster.refuseByQuota(service);
      await processOf(service).kill();
      break;
    case 'latency':
    case 'errors':
    case 'cpu':
    case 'leak':
    case 'pool':
    case 'lag':
      await processOf(service).startFault(injection);
  }
}

const urlOf = (service: string): string => `${specOf(service).tls ? 'https' : 'http'}://${service}`;

function floodOf(service: string, port: number): Flood {
  const spec = specOf(service);
  return {
    port,
    rate: FLOOD_SHARE * capacity(spec),
    tls: spec.tls === true,
    requests: Object.values(spec.operations).map(({ method, route }) => ({
      method,
      path: route.replace(':id', '1'),
    })),
  };
}
