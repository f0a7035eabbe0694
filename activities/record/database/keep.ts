import type { Kysely, Transaction } from 'kysely';
import type { IncidentRecord } from '../../../model/incident.js';
import { rowsOf, type Rows } from './rows.js';
import type { RecordDb, RecordTables } from './schema.js';

/** Tables that hold what the newest revision lists. */
const PARTS = ['alerts', 'suspects', 'changes', 'checks', 'deliveries', 'evidence'] as const;

/** Rows of one statement: PostgreSQL takes 65,535 parameters, and no table has twenty columns. */
const ROWS_AT_A_TIME = 1_000;

/**
 * Keeps one revision, saved at `savedAt` (unix seconds). Revisions may come in any order and more than once: the
 * newest of the newest run tells the incident.
 */
export async function keepRevision(db: RecordDb, record: IncidentRecord, savedAt: number): Promise<void> {
  const rows = rowsOf(record, savedAt);
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('revisions')
      .values(rows.revisions)
      .onConflict((conflict) => conflict.column('record_uri').doNothing())
      .execute();
    if (await isNewest(tx, rows)) await replace(tx, rows);
  });
}

/** Locks the incident, so that of two revisions that are kept together the newer one stays. */
async function isNewest(tx: Transaction<RecordTables>, { incidents: [incident] }: Rows): Promise<boolean> {
  const { id, opened_at, revision } = incident!;
  const known = await tx
    .selectFrom('incidents')
    .select(['opened_at', 'revision'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!known) return true;
  const later = opened_at.getTime() - known.opened_at.getTime();
  return later > 0 || (later === 0 && revision >= known.revision);
}

async function replace(tx: Transaction<RecordTables>, rows: Rows): Promise<void> {
  const [incident] = rows.incidents;
  await tx
    .insertInto('incidents')
    .values(incident!)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(incident!))
    .execute();
  for (const table of PARTS) {
    await tx.deleteFrom(table).where('incident', '=', incident!.id).execute();
    for (let i = 0; i < rows[table].length; i += ROWS_AT_A_TIME) {
      // Each table gets its own rows; TypeScript cannot follow the pair.
      await (tx as Kysely<any>) // eslint-disable-line @typescript-eslint/no-explicit-any
        .insertInto(table)
        .values(rows[table].slice(i, i + ROWS_AT_A_TIME))
        .execute();
    }
  }
}

/** Forgets incidents that ended, and revisions that were saved, before `before` (unix seconds). */
export async function forget(db: RecordDb, before: number): Promise<void> {
  const old = new Date(before * 1000);
  await db.deleteFrom('incidents').where('ended_at', '<', old).execute();
  await db.deleteFrom('revisions').where('saved_at', '<', old).execute();
}

/** Forgets everything. */
export async function clear(db: RecordDb): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom('incidents').execute();
    await tx.deleteFrom('revisions').execute();
  });
}
