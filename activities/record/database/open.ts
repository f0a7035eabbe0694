import { Kysely, PostgresDialect } from 'kysely';
import type { RecordConfig } from '../../../config/record.js';
import { openEmbedded } from './embedded.js';
import { migrate } from './migrations.js';
import type { RecordDb, RecordTables } from './schema.js';

export interface OpenRecord {
  db: RecordDb;
  close(): Promise<void>;
}

/** A statement that takes longer has lost its server or counts years of incidents; it is given up. */
const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Of one process, at a server that takes one statement at a time. */
const EMBEDDED_CONNECTIONS = 3;

/**
 * Opens the database of the record, its tables up to date. Null when the configuration has none.
 * @throws when it cannot be reached or used
 */
export async function openRecord({ enabled, directory, postgres }: RecordConfig): Promise<OpenRecord | null> {
  if (!enabled) return null;
  const server = postgres ? null : await openEmbedded(directory);
  const { Pool } = (await import('pg')).default;
  const pool = new Pool({
    ...(server && { host: server.host, user: 'postgres', database: 'postgres', max: EMBEDDED_CONNECTIONS }),
    ...(postgres && {
      connectionString: postgres.url,
      max: postgres.maxConnections,
      statement_timeout: STATEMENT_TIMEOUT_MS,
    }),
    query_timeout: STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'faultline',
  });
  // A connection that breaks while nobody uses it is opened again by the next statement.
  pool.on('error', () => {});
  const db = new Kysely<RecordTables>({ dialect: new PostgresDialect({ pool }) });
  const close = async (): Promise<void> => {
    await db.destroy();
    await server?.close();
  };
  try {
    await migrate(db);
    return { db, close };
  } catch (error) {
    await close();
    throw error;
  }
}
