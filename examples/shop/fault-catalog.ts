import type { FaultKind } from '../../model/diagnosis.js';
import { callEdges, EDGE, specOf, STORE, TOPOLOGY, type ServiceSpec } from './topology.js';

/** What can be broken from outside while the shop runs. */
export const INJECTIONS = [
  'latency',
  'errors',
  'cpu',
  'leak',
  'pool',
  'down',
  'config',
  'release',
  'overload',
  'exception',
  'setting',
  'lock',
  'dns',
  'certificate',
  'image',
  'quota',
  'lag',
] as const;
export type Injection = (typeof INJECTIONS)[number];

/** Faults that live inside a running process; the others act on the process or on the traffic. */
export const RUNTIME_INJECTIONS = ['latency', 'errors', 'cpu', 'leak', 'pool', 'lag'] as const;
export type RuntimeInjection = (typeof RUNTIME_INJECTIONS)[number];

export interface Fault {
  /** `<service>-<injection>` */
  name: string;
  /** Where it begins: the answer that a diagnosis should find. */
  service: string;
  injection: Injection;
  /** The kind that a diagnosis should name; `unknown` where no signal of the shop tells it. */
  kind: FaultKind;
  description: string;
}

const KINDS: Record<Injection, FaultKind> = {
  // The service itself measures the added time and no resource of it is short: no signal says what it waits for.
  latency: 'unknown',
  errors: 'unknown',
  cpu: 'cpu',
  leak: 'memory',
  pool: 'pool-saturation',
  down: 'dependency-down',
  config: 'configuration',
  release: 'code-change',
  overload: 'traffic-surge',
  exception: 'code-change',
  setting: 'configuration',
  lock: 'lock',
  dns: 'routing',
  certificate: 'certificate',
  image: 'start-failure',
  quota: 'quota',
  lag: 'pool-saturation',
};

const DESCRIPTIONS: Record<Injection, (service: string, spec: ServiceSpec) => string> = {
  latency: (service, spec) => `every answer of ${service} takes ${spec.slowMs} ms longer, without CPU`,
  errors: (service) => `${service} fails 60 % of its requests with a 500`,
  cpu: (service) => `something inside ${service} burns most of its CPU`,
  leak: (service) => `${service} keeps every session, sweeps them all per request and dies out of memory`,
  pool: (service) =>
    `${service} loses its connections to ${firstCallee(service) ?? 'nobody'} and never gives them back`,
  down: (service) => `${service} is killed and stays down`,
  config: (service, spec) =>
    `a configuration is deployed to ${service}: ${badConfigOf(service, spec).details}`,
  release: (service) => `a release of ${service} fails a third of its requests and calls its callees twice`,
  overload: (service) =>
    service === EDGE
      ? 'customers send eight times the usual traffic'
      : `a stray client floods ${service} directly`,
  exception: (service, spec) => `a release of ${service} throws in ${brokenOperationOf(spec)}`,
  setting: (service) =>
    `a configuration is deployed to ${service}: ${firstCallee(service) ?? 'nobody'} is asked at a path that it does not have`,
  lock: (service) => `a report locks the table of ${service} and forgets to end its transaction`,
  dns: (service) => `the name ${service} no longer resolves`,
  certificate: (service) => `${service} shows a certificate that has ended`,
  image: (service) => `a rollout of ${service} names an image that is not in the registry`,
  quota: (service) => `the pod of ${service} is ended and a quota refuses another`,
  lag: (service) => `the worker of ${service} takes seconds for each message, and falls behind`,
};

/** The operation that the `exception` fault breaks: the last one, so that others of the service go on. */
export function brokenOperationOf(spec: ServiceSpec): string {
  return Object.keys(spec.operations).at(-1)!;
}

/** What a fault can be done to, in words, where not every service of ours will do. */
const ONLY: Partial<Record<Injection, { fits: (service: string) => boolean; words: string }>> = {
  pool: { fits: (service) => firstCallee(service) !== undefined, words: 'a service that calls others' },
  setting: { fits: (service) => firstCallee(service) !== undefined, words: 'a service that calls others' },
  lock: { fits: (service) => service === STORE, words: STORE },
  dns: { fits: (service) => service !== EDGE, words: 'a service that others call' },
  certificate: { fits: (service) => specOf(service).tls === true, words: 'a service with TLS' },
  lag: {
    fits: (service) => Object.values(specOf(service).operations).some(({ laterMs }) => laterMs !== undefined),
    words: 'a service with a queue',
  },
};

const firstCallee = (service: string): string | undefined =>
  callEdges().find((edge) => edge.caller === service && !edge.optional)?.callee;

/** The bad configuration of a service: its own where the topology has one, else a feature value that fails. */
export function badConfigOf(service: string, spec: ServiceSpec): NonNullable<ServiceSpec['badConfig']> {
  return (
    spec.badConfig ?? {
      title: `${service} $version: turn on strict validation`,
      details: 'feature.validation: off -> strictt',
      files: [`deploy/${service}/values.yaml`],
      apply: (settings) => ({
        ...settings,
        failureRatio: 0.7,
        failure: "feature.validation: 'strictt' is none of off, strict",
      }),
    }
  );
}

/** The callee that the `pool` and `setting` faults of a service are about: the first required one. */
export function guiltyCallee(service: string): string {
  const callee = firstCallee(service);
  if (callee === undefined) throw new Error(`${service} calls nobody`);
  return callee;
}

/**
 * A fault by its name, `<service>-<injection>`.
 * @throws when the service or the injection is unknown, or when the pair makes no sense.
 */
export function parseFault(name: string): Fault {
  const cut = name.lastIndexOf('-');
  const service = name.slice(0, cut);
  const injection = INJECTIONS.find((candidate) => candidate === name.slice(cut + 1));
  if (cut < 1 || !injection) {
    throw new Error(`expected <service>-<${INJECTIONS.join('|')}>, got "${name}"`);
  }
  const spec = specOf(service);
  const only = ONLY[injection];
  if (only && !only.fits(service)) throw new Error(`fault ${name}: expected ${only.words}, got ${service}`);
  if (spec.external && injection !== 'latency' && injection !== 'errors' && injection !== 'down') {
    throw new Error(`fault ${name}: ${service} is external, expected latency, errors or down`);
  }
  return {
    name,
    service,
    injection,
    kind: spec.external ? 'external-provider' : KINDS[injection],
    description: DESCRIPTIONS[injection](service, spec),
  };
}

/** The curated faults: each of them raises an alert at the edge. */
export const FAULTS: Fault[] = [
  'payment-latency',
  'database-latency',
  'recommendation-latency',
  'catalog-errors',
  'currency-errors',
  'catalog-cpu',
  'shipping-cpu',
  'cart-leak',
  'ledger-pool',
  'catalog-pool',
  'shipping-down',
  'cart-down',
  'checkout-config',
  'catalog-config',
  'payment-release',
  'storefront-overload',
  'catalog-overload',
  'bank-latency',
  'bank-errors',
  'catalog-exception',
  'payment-setting',
  'database-lock',
  'shipping-dns',
  'ledger-certificate',
  'currency-image',
  'cart-quota',
  'notifier-lag',
].map(parseFault);

/** Every pair that {@link parseFault} takes. */
export function allFaultNames(): string[] {
  const makesSense = (name: string): boolean => {
    try {
      parseFault(name);
      return true;
    } catch {
      return false;
    }
  };
  return Object.keys(TOPOLOGY)
    .flatMap((service) => INJECTIONS.map((injection) => `${service}-${injection}`))
    .filter(makesSense);
}
