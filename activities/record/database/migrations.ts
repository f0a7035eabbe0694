import { Migrator, sql, type Kysely, type Migration } from 'kysely';
import type { RecordDb } from './schema.js';

/**
 * Steps that make the tables, in the order of their names. A step that has been released is never changed: what comes
 * next is a new step.
 */
const STEPS: Record<string, Migration> = {
  '0001-incidents': {
    async up(db: Kysely<unknown>) {
      await sql`
        create table incidents (
          id text primary key,
          environment text not null,
          service text not null,
          severity text not null,
          state text not null,
          title text not null,
          began_at timestamptz not null,
          opened_at timestamptz not null,
          first_result_at timestamptz,
          acknowledged_at timestamptz,
          acknowledged_by text,
          escalated_at timestamptz,
          ended_at timestamptz,
          level text,
          cause_service text,
          fault_kind text,
          cause_change text,
          confidence double precision,
          rules_version text,
          product_version text not null,
          alerts integer not null,
          grade text,
          graded_by text,
          graded_at timestamptz,
          true_service text,
          true_kind text,
          revision integer not null,
          record_uri text not null
        )`.execute(db);
      await sql`create index incidents_by_time on incidents (opened_at)`.execute(db);
      await sql`create index incidents_by_service on incidents (service, opened_at)`.execute(db);
      await sql`
        create table revisions (
          record_uri text primary key,
          incident text not null,
          opened_at timestamptz not null,
          revision integer not null,
          reason text not null,
          level text,
          cause_service text,
          fault_kind text,
          confidence double precision,
          saved_at timestamptz not null
        )`.execute(db);
      await sql`create index revisions_by_incident on revisions (incident)`.execute(db);
      for (const [table, columns] of Object.entries(PARTS)) {
        await sql`
          create table ${sql.table(table)} (
            incident text not null references incidents on delete cascade,
            ${sql.raw(columns)}
          )`.execute(db);
      }
      await sql`create index alerts_by_incident on alerts (incident)`.execute(db);
      await sql`create index alerts_by_name on alerts (name)`.execute(db);
    },
  },
};

/** Tables of what an incident consists of. */
const PARTS = {
  alerts: `id bigint generated always as identity primary key, fingerprint text not null, name text not null,
    service text not null, severity text not null, source text not null, began_at timestamptz not null,
    ended_at timestamptz`,
  suspects: `place integer not null, service text not null, fault_kind text not null,
    confidence double precision not null, status text not null, primary key (incident, place)`,
  changes: `change text not null, service text, kind text not null, title text not null,
    took_effect_at timestamptz not null, primary key (incident, change)`,
  checks: `place integer not null, name text not null, service text not null, outcome text not null,
    statement text not null, primary key (incident, place)`,
  deliveries: `sink text not null, revision integer not null, delivered_at timestamptz not null, reference text,
    primary key (incident, sink, revision)`,
  evidence: `uri text not null, kind text not null, bytes bigint not null, summary text not null,
    primary key (incident, uri)`,
};

/**
 * Brings the tables up to date. Of several processes that start together one does it, and the others wait.
 * @throws with the reason when a step fails; its changes are taken back
 */
export async function migrate(db: RecordDb): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(STEPS) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error('the tables could not be made');
}
