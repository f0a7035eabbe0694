import { sql } from 'kysely';
import type { RecordConfig } from '../../../config/record.js';
import {
  RecordAway,
  type PastIncidents,
  type PastListRequest,
  type RecordReader,
} from '../../../model/past-incident.js';
import { openRecord, type OpenRecord } from './open.js';
import type { RecordDb } from './schema.js';
import { conditionOf, readStatistics } from './statistics.js';

/**
 * Incidents of the record, newest first. A page behind `after` begins where that one ended, whatever came meanwhile.
 */
export async function listIncidents(db: RecordDb, request: PastListRequest): Promise<PastIncidents> {
  const { state, severity, words, limit, after } = request;
  let query = db.selectFrom('incidents').selectAll().where(conditionOf(request));
  if (state !== undefined) query = query.where('state', '=', state);
  if (severity !== undefined) query = query.where('severity', '=', severity);
  if (words !== undefined) {
    const like = `%${words.replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where((eb) => eb.or([eb('title', 'ilike', like), eb('id', 'ilike', like)]));
  }
  const place = after === undefined ? null : placeOf(after);
  if (place) query = query.where(sql<boolean>`(opened_at, id) < (${place.openedAt}, ${place.id})`);
  const rows = await query
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    incidents: rows.slice(0, limit).map((row) => ({
      id: row.id,
      environment: row.environment,
      service: row.service,
      severity: row.severity,
      state: row.state,
      title: row.title,
      openedAt: row.opened_at.getTime() / 1000,
      endedAt: row.ended_at && row.ended_at.getTime() / 1000,
      acknowledgedBy: row.acknowledged_by,
      level: row.level,
      causeService: row.cause_service,
      faultKind: row.fault_kind,
      confidence: row.confidence,
      grade: row.grade,
      trueService: row.true_service,
      trueKind: row.true_kind,
    })),
    next: last ? nextOf(last.opened_at, last.id) : null,
  };
}

const nextOf = (openedAt: Date, id: string): string =>
  Buffer.from(JSON.stringify([openedAt.getTime(), id])).toString('base64url');

/** Null for what is no place: then the list begins anew. */
function placeOf(after: string): { openedAt: Date; id: string } | null {
  try {
    const [openedAt, id] = JSON.parse(Buffer.from(after, 'base64url').toString()) as unknown[];
    if (typeof openedAt !== 'number' || typeof id !== 'string') return null;
    return { openedAt: new Date(openedAt), id };
  } catch {
    return null;
  }
}

/** How long a database that could not be opened is left alone: each attempt takes its time limit. */
const PAUSE_MS = 5_000;

/**
 * The record for those who ask it now and then: its database is opened with the first question, and again after a
 * failure.
 */
export function readRecord(config: RecordConfig): RecordReader & { close(): Promise<void> } {
  let opening: Promise<OpenRecord | null> | null = null;

  async function ask<T>(question: (db: RecordDb) => Promise<T>): Promise<T> {
    opening ??= openRecord(config);
    const current = opening;
    try {
      const open = await current;
      if (!open) throw new Error('record.enabled is false');
      return await question(open.db);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      setTimeout(() => {
        if (opening === current) opening = null;
        void current.then((open) => open?.close()).catch(() => {});
      }, PAUSE_MS).unref();
      throw new RecordAway(`the record of past incidents cannot be asked now: ${reason}`);
    }
  }

  return {
    list: (request) => ask((db) => listIncidents(db, request)),
    statistics: (request) => ask((db) => readStatistics(db, request)),
    close: async () => {
      await opening?.then((open) => open?.close()).catch(() => {});
    },
  };
}
