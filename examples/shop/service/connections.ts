import { Resolver } from 'node:dns';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Attributes, Meter } from '@opentelemetry/api';
import { Pool, TimeoutError as PoolTimeout } from 'tarn';
import type { Launch } from '../protocol.js';
import { specOf, type Dependency, type Operation } from '../topology.js';

/** A required call failed; `status` is what the caller answers with because of it. */
export class CallFailed extends Error {
  constructor(
    readonly status: 502 | 503 | 504,
    message: string,
  ) {
    super(message);
    this.name = 'CallFailed';
  }
}

/** Its name is what `error.type` of the client metric says. */
class TimeoutError extends Error {
  override name = 'TimeoutError';
}

/** A name server that does not answer so long is asked once more. */
const LOOKUP_TIMEOUT_MS = 1000;

/** Asks the shop's own name server, at each new connection; the port comes from the launch. */
function resolveBy(nameServerPort: number): LookupFunction {
  const resolver = new Resolver({ timeout: LOOKUP_TIMEOUT_MS, tries: 2 });
  resolver.setServers([`127.0.0.1:${nameServerPort}`]);
  return (name, options, done) => {
    resolver.resolve4(name, (error, addresses) => {
      if (error) done(error, []);
      else if (options.all) done(null, [{ address: addresses[0]!, family: 4 }]);
      else done(null, addresses[0]!, 4);
    });
  };
}

/** How a callee is reached. */
interface Way {
  port: number;
  /** Stands before every path. */
  path: string;
  lookup: LookupFunction;
  /** By what its certificate is trusted; null for a callee without TLS. */
  ca: Buffer | null;
}

/** The calls of one service to one callee: a pool of connections, a line before it, and a deadline. */
export class Callee {
  private readonly pool: Pool<http.Agent>;
  private readonly lost: http.Agent[] = [];
  private exhausted = false;

  constructor(
    readonly name: string,
    private readonly way: Way,
    readonly guard: Dependency,
  ) {
    this.pool = new Pool<http.Agent>({
      min: 0,
      max: guard.connections,
      acquireTimeoutMillis: guard.acquireTimeoutMs,
      idleTimeoutMillis: 60_000,
      create: () => Promise.resolve(this.newAgent()),
      destroy: (agent) => {
        agent.destroy();
      },
    });
  }

  /** Starts to publish the state of the pool. */
  watch(meter: Meter): void {
    const pool: Attributes = { 'db.client.connection.pool.name': this.name };
    const state = (value: string): Attributes => ({ ...pool, 'db.client.connection.state': value });
    meter
      .createObservableUpDownCounter('db.client.connection.count', {
        description: 'Connections of the pool by state',
      })
      .addCallback((result) => {
        result.observe(this.pool.numUsed(), state('used'));
        result.observe(this.pool.numFree(), state('idle'));
      });
    meter
      .createObservableUpDownCounter('db.client.connection.max', {
        description: 'Connections that the pool may have',
      })
      .addCallback((result) => result.observe(this.guard.connections, pool));
    meter
      .createObservableUpDownCounter('db.client.connection.pending_requests', {
        description: 'Requests in line for a connection',
      })
      .addCallback((result) => result.observe(this.pool.numPendingAcquires(), pool));
    const waits = meter.createHistogram('db.client.connection.wait_time', {
      description: 'Time in line for a connection',
    });
    const timeouts = meter.createCounter('db.client.connection.timeouts', {
      description: 'Requests that left the line without a connection',
    });
    timeouts.add(0, pool);
    const asked = new Map<number, number>();
    this.pool.on('acquireRequest', (id) => asked.set(id, performance.now()));
    this.pool.on('acquireSuccess', (id) => {
      waits.record((performance.now() - (asked.get(id) ?? performance.now())) / 1000, pool);
      asked.delete(id);
    });
    this.pool.on('acquireFail', (id) => {
      timeouts.add(1, pool);
      asked.delete(id);
    });
  }

  /**
   * Makes one call.
   * @throws CallFailed with 503 when no connection came free, 504 when the callee was too slow, 502 when it
   * failed or could not be reached.
   */
  async call(operation: Operation): Promise<void> {
    const connection = await this.acquire();
    try {
      const status = await this.send(connection, operation);
      if (status < 400) return;
      // What failed over there is told there; what was asked wrongly, only here.
      const asked = status < 500 ? ` to ${operation.method} ${this.pathOf(operation)}` : '';
      throw new CallFailed(502, `${this.name} answered ${status}${asked}`);
    } catch (error) {
      if (error instanceof CallFailed) throw error;
      if (error instanceof TimeoutError) throw new CallFailed(504, `${this.name}: ${error.message}`);
      throw new CallFailed(502, `${this.name}: ${reasonOf(error)}`);
    } finally {
      this.pool.release(connection);
    }
  }

  /** Takes every connection as it comes free and keeps it, like code that forgets to give it back. */
  exhaust(): void {
    this.exhausted = true;
    for (let i = 0; i < this.guard.connections; i++) void this.lose();
  }

  /** Gives the lost connections back. */
  restore(): void {
    this.exhausted = false;
    for (const connection of this.lost.splice(0)) this.pool.release(connection);
  }

  private async lose(): Promise<void> {
    try {
      const connection = await this.pool.acquire().promise;
      if (this.exhausted) this.lost.push(connection);
      else this.pool.release(connection);
    } catch {
      // The line was too long for this thief as well: it comes back.
      if (this.exhausted) void this.lose();
    }
  }

  private async acquire(): Promise<http.Agent> {
    try {
      return await this.pool.acquire().promise;
    } catch (error) {
      if (error instanceof PoolTimeout) {
        throw new CallFailed(503, `${this.name}: no connection within ${this.guard.acquireTimeoutMs} ms`);
      }
      throw error;
    }
  }

  private newAgent(): http.Agent {
    const options = { keepAlive: true, maxSockets: 1 };
    return this.way.ca === null ? new http.Agent(options) : new https.Agent({ ...options, ca: this.way.ca });
  }

  private pathOf({ route }: Operation): string {
    return this.way.path + route.replace(':id', '1');
  }

  private send(agent: http.Agent, operation: Operation): Promise<number> {
    return new Promise((resolve, reject) => {
      const { port, lookup, ca } = this.way;
      const request = (ca === null ? http : https).request({
        ...{ agent, host: this.name, port, lookup, method: operation.method, path: this.pathOf(operation) },
      });
      const deadline = setTimeout(() => {
        request.destroy(new TimeoutError(`no answer within ${this.guard.timeoutMs} ms`));
      }, this.guard.timeoutMs);
      request.on('close', () => {
        clearTimeout(deadline);
      });
      request.on('error', reject);
      request.on('response', (response) => {
        response.on('error', reject);
        response.on('end', () => {
          resolve(response.statusCode ?? 0);
        });
        response.resume();
      });
      request.end();
    });
  }
}

/** What went wrong, with the system's code for it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}

/** The callees of a service, ready to be called. */
export function connect({ settings, ports, nameServerPort, caFile }: Launch): Map<string, Callee> {
  const lookup = resolveBy(nameServerPort);
  return new Map(
    Object.entries(settings.dependencies).map(([name, guard]) => {
      const port = ports[name];
      if (port === undefined) throw new Error(`ports.${name}: expected a port number, got nothing`);
      const ca = specOf(name).tls ? readFileSync(caFile) : null;
      return [name, new Callee(name, { port, path: settings.paths[name] ?? '', lookup, ca }, guard)];
    }),
  );
}
