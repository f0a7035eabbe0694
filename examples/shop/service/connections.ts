import { lookup as systemLookup } from 'node:dns';
import http from 'node:http';
import type { LookupFunction } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Attributes, Meter } from '@opentelemetry/api';
import { Pool, TimeoutError as PoolTimeout } from 'tarn';
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

/** Every service of the shop lives on this machine: its name leads here, its port comes from the launch. */
const resolveHere: LookupFunction = (_name, options, done) => {
  systemLookup('127.0.0.1', options, done);
};

/** The calls of one service to one callee: a pool of connections, a line before it, and a deadline. */
export class Callee {
  private readonly pool: Pool<http.Agent>;
  private readonly lost: http.Agent[] = [];
  private exhausted = false;

  constructor(
    readonly name: string,
    private readonly port: number,
    readonly guard: Dependency,
  ) {
    this.pool = new Pool<http.Agent>({
      min: 0,
      max: guard.connections,
      acquireTimeoutMillis: guard.acquireTimeoutMs,
      idleTimeoutMillis: 60_000,
      create: () => Promise.resolve(new http.Agent({ keepAlive: true, maxSockets: 1 })),
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
      if (status >= 500) throw new CallFailed(502, `${this.name} answered ${status}`);
    } catch (error) {
      if (error instanceof CallFailed) throw error;
      if (error instanceof TimeoutError) throw new CallFailed(504, `${this.name}: ${error.message}`);
      throw new CallFailed(502, `${this.name}: ${error instanceof Error ? error.message : String(error)}`);
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

  private send(agent: http.Agent, operation: Operation): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = http.request({
        agent,
        host: this.name,
        port: this.port,
        lookup: resolveHere,
        method: operation.method,
        path: operation.route.replace(':id', '1'),
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

/** The callees of a service, ready to be called. */
export function connect(
  dependencies: Record<string, Dependency>,
  ports: Record<string, number>,
): Map<string, Callee> {
  return new Map(
    Object.entries(dependencies).map(([name, guard]) => {
      specOf(name);
      const port = ports[name];
      if (port === undefined) throw new Error(`ports.${name}: expected a port number, got nothing`);
      return [name, new Callee(name, port, guard)];
    }),
  );
}
