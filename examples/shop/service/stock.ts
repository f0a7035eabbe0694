import pg from 'pg';
import type { Operation } from '../topology.js';

/** Sessions with PostgreSQL; requests beyond wait in line for so long. */
const SESSIONS = 8;
const CONNECTION_TIMEOUT_MS = 500;
/** PostgreSQL ends a statement that runs for longer. */
const STATEMENT_TIMEOUT_MS = 20_000;

/** The stock of the shop in a real PostgreSQL: reading requests read it, the others write it. */
export class Stock {
  private readonly pool: pg.Pool;

  constructor(port: number) {
    this.pool = new pg.Pool({
      ...{ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: SESSIONS },
      ...{ connectionTimeoutMillis: CONNECTION_TIMEOUT_MS, statement_timeout: STATEMENT_TIMEOUT_MS },
      application_name: 'database',
    });
    // A session that ends while nobody uses it is replaced by the next request.
    this.pool.on('error', () => undefined);
  }

  /** @throws Error in the words of PostgreSQL or of its client's pool */
  async serve({ method }: Operation): Promise<void> {
    const product = 1 + Math.floor(100 * Math.random());
    if (method === 'GET') await this.pool.query('select sold from stock where product = $1', [product]);
    else await this.pool.query('update stock set sold = sold + 1 where product = $1', [product]);
  }
}
