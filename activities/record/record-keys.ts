import { createHash } from 'node:crypto';
import type { IncidentRecord } from '../../model/incident.js';

/*
 * Where the store keeps what belongs to an incident:
 *
 *     incidents/checkout--20261124-1042-0a1b2c/report.md, report.html      of the newest revision
 *     records/checkout--20261124-1042-0a1b2c/
 *       run-001764500000000-6f2c.../r1.json                                every revision, never changed
 *       publications/chat-1f3870be/run-001764500000000-6f2c.../r1.json     what the sink `chat` accepted
 *
 * A workflow may run again under the same id (reset, or reopened), and counts its revisions from one again. The time
 * at which a run opened the incident stands in its name, so that the newest revision is found from keys alone.
 */

export const RECORDS = 'records/';
export const REPORTS = 'incidents/';

/** A revision of an incident, as its key names it. */
export interface RevisionId {
  /** Folder of the incident. */
  folder: string;
  /** Folder of the run. */
  run: string;
  revision: number;
}

const REVISION = '(run-[\\w.-]{1,180})/r(\\d{1,9})';
const FOLDER = '([A-Za-z0-9][\\w.-]{0,150})';
const REVISION_KEY = new RegExp(`^records/${FOLDER}/${REVISION}\\.json$`);
const RECORD_URI = new RegExp(`^record/${FOLDER}/${REVISION}$`);
const PUBLICATION_KEY = new RegExp(`^records/${FOLDER}/publications/([\\w.-]{1,100})/${REVISION}\\.json$`);

/** Enough for milliseconds of any year: keys of runs sort by time. */
const TIME_DIGITS = 15;

export function revisionOf(record: IncidentRecord): RevisionId {
  const opened = String(Math.round(record.timings.openedAt * 1000)).padStart(TIME_DIGITS, '0');
  const { id, runId, revision } = record;
  return { folder: folderOf(id), run: `run-${opened}-${fileSafe(runId)}`, revision };
}

export const revisionKey = ({ folder, run, revision }: RevisionId): string =>
  `${RECORDS}${folder}/${run}/r${revision}.json`;

export const recordUri = ({ folder, run, revision }: RevisionId): string =>
  `record/${folder}/${run}/r${revision}`;

/** Null when the URI is not one of a record. */
export const parseRecordUri = (uri: string): RevisionId | null => idFrom(RECORD_URI.exec(uri)?.slice(1));

/** Null when the key is not that of a revision. */
export const parseRevisionKey = (key: string): RevisionId | null => idFrom(REVISION_KEY.exec(key)?.slice(1));

export const publicationKey = ({ folder, run, revision }: RevisionId, sink: string): string =>
  `${publicationsPrefix(folder, sink)}${run}/r${revision}.json`;

/** Sinks are named freely, so a digest tells them apart. */
export function publicationsPrefix(folder: string, sink: string): string {
  const readable = sink.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
  const digest = createHash('sha256').update(sink).digest('hex').slice(0, 8);
  return `${RECORDS}${folder}/publications/sink-${readable}-${digest}/`;
}

/** Null when the key is not that of a publication; `sink` is the folder of the sink. */
export function parsePublicationKey(key: string): (RevisionId & { sink: string }) | null {
  const [, folder, sink, run, revision] = PUBLICATION_KEY.exec(key) ?? [];
  const id = idFrom([folder, run, revision]);
  return id && sink !== undefined ? { ...id, sink } : null;
}

function idFrom(parts: (string | undefined)[] | undefined): RevisionId | null {
  const [folder, run, revision] = parts ?? [];
  if (folder === undefined || run === undefined || revision === undefined) return null;
  return { folder, run, revision: Number(revision) };
}

/**
 * Sorts revisions of one incident, newest first: by the time at which their runs opened the incident, then, of a run
 * that was reset, by the time of the write, then by number.
 */
export function newestFirst<T extends { id: RevisionId; modifiedAt: number }>(revisions: readonly T[]): T[] {
  const lastWrite = new Map<string, number>();
  for (const { id, modifiedAt } of revisions) {
    lastWrite.set(id.run, Math.max(lastWrite.get(id.run) ?? 0, modifiedAt));
  }
  const openedAt = (run: string) => Number(/^run-(\d+)-/.exec(run)?.[1] ?? 0);
  return [...revisions].sort(
    (a, b) =>
      openedAt(b.id.run) - openedAt(a.id.run) ||
      lastWrite.get(b.id.run)! - lastWrite.get(a.id.run)! ||
      b.id.revision - a.id.revision,
  );
}

/** `incident/checkout/20261124-1042-0a1b2c` in the folder `checkout--20261124-1042-0a1b2c`. */
export function folderOf(incidentId: string): string {
  return fileSafe(incidentId.replace(/^incident\//, ''));
}

const LONGEST_NAME = 120;

/**
 * A name for a file that still says what it is of. Where something had to be left out, a digest of the whole keeps
 * two names apart; it also covers names that differ in case alone.
 */
function fileSafe(name: string): string {
  const readable = name.replaceAll('/', '--').replace(/[^a-z0-9._-]+/g, '-');
  const faithful = readable.replaceAll('--', '/') === name && /^[a-z0-9]/.test(readable);
  if (faithful && readable.length <= LONGEST_NAME) return readable;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${readable.replace(/^[^a-z0-9]+/, '').slice(0, LONGEST_NAME) || 'x'}-${digest}`;
}
