/**
 * The shop, as data: what each service does for a request, whom it calls and how it guards those calls.
 * One program (service/main.ts) plays every service after this table.
 */

/** One request to another service. A failed required call fails the caller; a failed optional one is left out. */
export interface Call {
  to: string;
  operation: string;
  optional?: boolean;
}

export interface Operation {
  method: 'GET' | 'POST';
  /** Route template; `:id` is a parameter. */
  route: string;
  /** Own work: milliseconds of CPU, then of waiting (disk, lock), on average. Both hold one of the slots. */
  work: { cpuMs: number; waitMs: number };
  /**
   * Milliseconds, on average, that a worker takes for the message that is put in line instead of being worked on at
   * once; the request is answered as soon as it stands there.
   */
  laterMs?: number;
  /** Calls after the own work: the stages run one after another, the calls of one stage side by side. */
  stages: Call[][];
}

/** How a service guards its calls to one callee. */
export interface Dependency {
  /** The whole call, from sending to the last byte of the answer. */
  timeoutMs: number;
  /** Connections in the pool; further requests wait in line. */
  connections: number;
  /** How long a request waits in line for a connection. */
  acquireTimeoutMs: number;
}

/** What a deploy can change. */
export interface Settings {
  dependencies: Record<string, Dependency>;
  /** Share of requests (0..1) that the code itself fails with a 500. */
  failureRatio: number;
  /** What it then writes to its log. */
  failure: string;
  /** How often each call to a callee is made per request: above 1 when batching is off. */
  callsPerRequest: number;
  /** What stands before the paths of a callee's operations, by the callee. */
  paths: Record<string, string>;
  /** The operation whose code this release got wrong; null when all are right. */
  brokenOperation: string | null;
}

/** A bad release: what it does to the settings and what its author wrote. */
export interface BadRelease {
  /** `$version` stands for the version that it becomes. */
  title: string;
  details: string;
  files: string[];
  apply: (settings: Settings) => Settings;
}

export interface ServiceSpec {
  version: string;
  /** Outside our control: no metrics of its own, nothing to deploy. */
  external?: boolean;
  /** Whether it serves by TLS, with a certificate of the shop's own authority. */
  tls?: boolean;
  /** Requests whose own work can run at once; more wait in line, and too many are turned away with a 503. */
  slots: number;
  operations: Record<string, Operation>;
  dependencies: Record<string, Dependency>;
  /** What the `latency` fault adds to each request, milliseconds. */
  slowMs: number;
  badConfig?: BadRelease;
}

/** The service that customers reach. */
export const EDGE = 'storefront';
/** The service that keeps its data in PostgreSQL, where the shop has one. */
export const STORE = 'database';

const guard = (timeoutMs: number, connections: number): Dependency => ({
  timeoutMs,
  connections,
  acquireTimeoutMs: 500,
});
const leaf = (
  method: 'GET' | 'POST',
  route: string,
  cpuMs: number,
  waitMs: number,
  stages: Call[][] = [],
): Operation => ({ method, route, work: { cpuMs, waitMs }, stages });
const call = (to: string, operation: string): Call => ({ to, operation });

const withDependency =
  (callee: string, change: Partial<Dependency>) =>
  (settings: Settings): Settings => ({
    ...settings,
    dependencies: {
      ...settings.dependencies,
      [callee]: { ...settings.dependencies[callee]!, ...change },
    },
  });

export const TOPOLOGY: Record<string, ServiceSpec> = {
  storefront: {
    version: '4.12.0',
    slots: 2,
    slowMs: 500,
    operations: {
      list: leaf('GET', '/products', 0.5, 12, [
        [call('catalog', 'list'), { ...call('recommendation', 'top'), optional: true }],
      ]),
      product: leaf('GET', '/products/:id', 0.5, 12, [[call('catalog', 'product')]]),
      cart: leaf('POST', '/cart', 0.5, 12, [[call('cart', 'add')]]),
      checkout: leaf('POST', '/checkout', 0.5, 12, [[call('checkout', 'place')]]),
    },
    dependencies: {
      catalog: guard(800, 32),
      cart: guard(800, 16),
      checkout: guard(3000, 16),
      recommendation: guard(400, 16),
    },
    badConfig: {
      title: 'storefront $version: tighter deadlines for the catalog',
      details: 'catalog.timeoutMs: 800 -> 15',
      files: ['deploy/storefront/values.yaml'],
      apply: withDependency('catalog', { timeoutMs: 15 }),
    },
  },
  catalog: {
    version: '2.31.0',
    slots: 2,
    slowMs: 400,
    operations: {
      list: leaf('GET', '/items', 0.6, 9, [[call('database', 'query')]]),
      product: leaf('GET', '/items/:id', 0.3, 7, [[call('database', 'query')]]),
    },
    dependencies: { database: guard(600, 12) },
    badConfig: {
      title: 'catalog $version: save database connections',
      details: 'database.pool.max: 12 -> 1, database.batch: on -> off',
      files: ['deploy/catalog/values.yaml'],
      apply: (settings) => ({
        ...withDependency('database', { connections: 1 })(settings),
        callsPerRequest: 8,
      }),
    },
  },
  recommendation: {
    version: '0.9.3',
    slots: 1,
    slowMs: 600,
    operations: { top: leaf('GET', '/top', 1, 10, [[call('catalog', 'product')]]) },
    dependencies: { catalog: guard(600, 8) },
  },
  cart: {
    version: '3.4.2',
    slots: 2,
    slowMs: 450,
    operations: {
      add: leaf('POST', '/lines', 0.4, 12, [[call('database', 'write')]]),
      read: leaf('GET', '/lines', 0.3, 8, [[call('database', 'query')]]),
    },
    dependencies: { database: guard(600, 8) },
  },
  checkout: {
    version: '5.2.0',
    slots: 1,
    slowMs: 900,
    operations: {
      place: leaf('POST', '/orders', 0.8, 15, [
        [call('cart', 'read')],
        [call('currency', 'convert'), call('shipping', 'quote')],
        [call('payment', 'charge')],
        [call('notifier', 'confirm')],
      ]),
    },
    dependencies: {
      cart: guard(800, 8),
      currency: guard(800, 8),
      shipping: guard(800, 8),
      payment: guard(2500, 8),
      notifier: guard(800, 8),
    },
    badConfig: {
      title: 'checkout $version: shorter payment deadline',
      details: 'payment.timeoutMs: 2500 -> 25',
      files: ['deploy/checkout/values.yaml'],
      apply: withDependency('payment', { timeoutMs: 25 }),
    },
  },
  payment: {
    version: '7.0.4',
    slots: 1,
    slowMs: 900,
    operations: {
      charge: leaf('POST', '/charges', 0.6, 10, [[call('bank', 'authorize')], [call('ledger', 'record')]]),
    },
    dependencies: { bank: guard(2000, 8), ledger: guard(800, 8) },
    badConfig: {
      title: 'payment $version: fewer connections to the ledger',
      details: 'ledger.timeoutMs: 800 -> 8',
      files: ['deploy/payment/values.yaml'],
      apply: withDependency('ledger', { timeoutMs: 8 }),
    },
  },
  ledger: {
    version: '1.18.0',
    tls: true,
    slots: 1,
    slowMs: 600,
    operations: { record: leaf('POST', '/entries', 0.4, 8, [[call('database', 'write')]]) },
    dependencies: { database: guard(600, 6) },
  },
  shipping: {
    version: '2.0.7',
    slots: 1,
    slowMs: 600,
    operations: { quote: leaf('GET', '/quotes', 0.5, 14, []) },
    dependencies: {},
  },
  currency: {
    version: '1.1.0',
    slots: 1,
    slowMs: 600,
    operations: { convert: leaf('GET', '/rates', 0.3, 8, []) },
    dependencies: {},
  },
  notifier: {
    version: '1.4.0',
    slots: 1,
    slowMs: 600,
    operations: { confirm: { ...leaf('POST', '/confirmations', 0.2, 2), laterMs: 40 } },
    dependencies: {},
  },
  database: {
    version: '14.9.0',
    slots: 4,
    slowMs: 350,
    operations: {
      query: leaf('GET', '/query', 0.2, 5, []),
      write: leaf('POST', '/write', 0.2, 8, []),
    },
    dependencies: {},
  },
  bank: {
    version: '2026-01',
    external: true,
    slots: 8,
    slowMs: 1100,
    operations: { authorize: leaf('POST', '/authorizations', 0.2, 50, []) },
    dependencies: {},
  },
};

/** A caller and its callee; `optional` when the caller answers without it. */
export interface Edge {
  caller: string;
  callee: string;
  optional: boolean;
}

/** The true call graph, read off the operations. */
export function callEdges(topology: Record<string, ServiceSpec> = TOPOLOGY): Edge[] {
  const edges = new Map<string, Edge>();
  for (const [caller, spec] of Object.entries(topology)) {
    for (const { to, optional = false } of Object.values(spec.operations).flatMap((o) => o.stages.flat())) {
      const known = edges.get(`${caller} ${to}`);
      edges.set(`${caller} ${to}`, {
        caller,
        callee: to,
        optional: optional && (known?.optional ?? true),
      });
    }
  }
  return [...edges.values()];
}

/** @throws when the shop has no such service, naming those it has. */
export function specOf(service: string): ServiceSpec {
  const spec = TOPOLOGY[service];
  if (!spec)
    throw new Error(`service: expected one of ${Object.keys(TOPOLOGY).join(', ')}, got "${service}"`);
  return spec;
}

/** Settings of a healthy release. */
export const goodSettings = (spec: ServiceSpec): Settings => ({
  dependencies: spec.dependencies,
  failureRatio: 0,
  failure: '',
  callsPerRequest: 1,
  paths: {},
  brokenOperation: null,
});

/** Requests per second at which a service's slots are all busy. */
export function capacity(spec: ServiceSpec): number {
  const operations = Object.values(spec.operations);
  const meanMs = operations.reduce((sum, { work }) => sum + work.cpuMs + work.waitMs, 0) / operations.length;
  return (spec.slots * 1000) / meanMs;
}
