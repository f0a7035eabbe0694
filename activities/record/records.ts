import { ApplicationFailure } from '@temporalio/common';
import { incidentRecord, type IncidentRecord } from '../../model/incident.js';
import { renderMarkdown } from '../../report/markdown.js';
import { withoutSecrets } from '../../report/mask.js';
import type { SavedRecord } from '../contract.js';
import { parseJson, type BlobStore } from './blob-store.js';
import { createEvidence } from './evidence-store.js';
import type { MakePage } from './page.js';
import {
  folderOf,
  newestFirst,
  parseRecordUri,
  parseRevisionKey,
  recordUri,
  RECORDS,
  REPORTS,
  revisionKey,
  revisionOf,
  type RevisionId,
} from './record-keys.js';

/** The store has no such record: it was deleted, or the store is not the one that it was written to. */
export class RecordMissing extends Error {
  override readonly name = 'RecordMissing';

  constructor(uri: string, store: string) {
    super(`record ${uri}: not in this store (${store}); all workers must use the same store`);
  }
}

/** What is stored is not a record, or one of another version of Faultline. */
export class RecordUnreadable extends Error {
  override readonly name = 'RecordUnreadable';

  constructor(uri: string, reason: string) {
    super(`record ${uri}: ${reason}`);
  }
}

/** Keeps the records and reports of incidents; record-keys.ts says where. */
export interface Records {
  /** Writes the record and its report files; the same revision written twice is one file. */
  saveRecord(input: { record: IncidentRecord }): Promise<Omit<SavedRecord, 'sinks'>>;
  /** Reads a revision. Throws `RecordMissing` or `RecordUnreadable`. */
  loadRecord(uri: string): Promise<IncidentRecord>;
  /** The newest revision of an incident that can be read; null when there is none. */
  find(incidentId: string): Promise<IncidentRecord | null>;
  /** Ids of the incidents in this store that contain these words; at most `MOST_FOUND`. */
  search(part: string): Promise<string[]>;
  /** Writes the page of an incident; answers where it is. */
  savePage(incidentId: string, page: string): Promise<string>;
}

/** More matches than these do not say which one is meant. */
const MOST_FOUND = 20;

/** A report is written again when a newer revision came meanwhile; more than so many do not come that fast. */
const REPORT_ATTEMPTS = 5;

export interface RecordsOptions {
  blobs: BlobStore;
  /** Address under which the store's `incidents` are served; pages have no link without it. */
  reportsUrl?: string | undefined;
  /** @default draws it here, on the event loop */
  makePage?: MakePage;
  /** Gets the error when a page could not even be made without plots. */
  onPageLost?: (error: unknown) => void;
}

const PAGE = 'report.html';

export function createRecords(options: RecordsOptions): Records {
  const { blobs, reportsUrl } = options;
  const pageKey = (folder: string): string => `${REPORTS}${folder}/${PAGE}`;

  /** Revisions of an incident, newest first. */
  async function revisionsIn(folder: string): Promise<RevisionId[]> {
    const found = [];
    for await (const { key, modifiedAt } of blobs.list(`${RECORDS}${folder}/run-`)) {
      const id = parseRevisionKey(key);
      if (id) found.push({ id, modifiedAt });
    }
    return newestFirst(found).map(({ id }) => id);
  }

  async function read(id: RevisionId): Promise<IncidentRecord> {
    const uri = recordUri(id);
    const json = await blobs.get(revisionKey(id));
    if (json === null) throw new RecordMissing(uri, blobs.description);
    return parseRecord(json, uri);
  }

  async function findIn(folder: string): Promise<IncidentRecord | null> {
    for (const id of await revisionsIn(folder)) {
      try {
        return await read(id);
      } catch (error) {
        // One that cannot be read counts as none; `faultline store verify` reports it.
        if (!(error instanceof RecordMissing || error instanceof RecordUnreadable)) throw error;
      }
    }
    return null;
  }

  /**
   * Writes the reports of a revision unless a newer one is there, whose writer does it. Two writers may overtake each
   * other, so each looks again after it wrote, and the last one leaves the newest report.
   */
  async function writeReports(id: RevisionId, record: IncidentRecord): Promise<void> {
    let [current, shown] = [id, record];
    for (let attempt = 1; attempt <= REPORT_ATTEMPTS; attempt += 1) {
      const [newest] = await revisionsIn(id.folder);
      if (newest && revisionKey(newest) !== revisionKey(current)) {
        if (attempt === 1) return;
        [current, shown] = [newest, await read(newest)];
      } else if (attempt > 1) return;
      await blobs.put(`${REPORTS}${id.folder}/report.md`, Buffer.from(renderMarkdown(shown)));
      try {
        await blobs.put(pageKey(id.folder), Buffer.from(await pageOrWhyNot(shown, options)));
      } catch (error) {
        // The record is saved, and the summary goes out without its page.
        options.onPageLost?.(error);
      }
    }
  }

  return {
    async saveRecord({ record }) {
      const id = revisionOf(record);
      const uri = recordUri(id);
      const json = Buffer.from(`${JSON.stringify(withoutSecrets(record), null, 2)}\n`);
      const shown = validated(json, uri);
      // A repeat of the activity has the same record: the first one stays.
      await blobs.put(revisionKey(id), json, { ifAbsent: true });
      await writeReports(id, shown);
      return {
        uri,
        reportPath: `${REPORTS}${id.folder}/report.md`,
        reportUrl:
          reportsUrl === undefined
            ? null
            : `${reportsUrl.replace(/\/+$/, '')}/${encodeURIComponent(id.folder)}/${PAGE}`,
      };
    },

    async loadRecord(uri) {
      const id = parseRecordUri(uri);
      if (!id) throw new RecordMissing(uri, blobs.description);
      return read(id);
    },

    async search(part) {
      const wanted = part.replace(/^incident\//, '');
      const inFolder = wanted.replaceAll('/', '--').toLowerCase();
      const likely: string[] = [];
      for await (const folder of blobs.folders(RECORDS)) if (folder.includes(inFolder)) likely.push(folder);
      const ids: string[] = [];
      for (const folder of likely.sort()) {
        const record = await findIn(folder);
        if (record?.id.includes(wanted)) ids.push(record.id);
        if (ids.length === MOST_FOUND) break;
      }
      return ids;
    },

    find: (incidentId) => findIn(folderOf(incidentId)),

    async savePage(incidentId, page) {
      const key = pageKey(folderOf(incidentId));
      await blobs.put(key, Buffer.from(page));
      return blobs.locationOf(key);
    },
  };
}

/** What cannot be read again is not written: it would stop every later revision and every sink. */
function validated(json: Buffer, uri: string): IncidentRecord {
  try {
    return parseRecord(json, uri);
  } catch (error) {
    if (!(error instanceof RecordUnreadable)) throw error;
    throw ApplicationFailure.nonRetryable(`${error.message}; the record was not saved`, 'RecordInvalid');
  }
}

/** @throws RecordUnreadable */
export function parseRecord(json: Buffer, uri: string): IncidentRecord {
  const data = parseJson(json);
  if (data === undefined) throw new RecordUnreadable(uri, 'it is not JSON');
  const parsed = incidentRecord.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RecordUnreadable(uri, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a record'}`);
}

/** A page that cannot be drawn must not hold up the summary: then it is made without plots, and says why. */
async function pageOrWhyNot(record: IncidentRecord, { blobs, makePage }: RecordsOptions): Promise<string> {
  const { pageOf, pageWithoutPlots } = await import('./draw-page.js');
  try {
    return await (makePage ? makePage(record) : pageOf(record, createEvidence(blobs)));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return pageWithoutPlots(record, `they could not be drawn (${why})`);
  }
}
