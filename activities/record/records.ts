import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { incidentRecord, type IncidentRecord } from '../../model/incident.js';
import { renderMarkdown } from '../../report/markdown.js';
import { withoutSecrets } from '../../report/mask.js';
import type { Activities } from '../contract.js';
import type { MakePage } from './page.js';

/** The store has no such record: it was cleaned up, or belongs to another store. */
export class RecordMissing extends Error {
  override readonly name = 'RecordMissing';

  constructor(readonly uri: string) {
    super(`record ${uri}: not in this store; was store.directory moved or cleaned?`);
  }
}

/** What is stored is not a record, or one of another version of Faultline. */
export class RecordUnreadable extends Error {
  override readonly name = 'RecordUnreadable';

  constructor(
    readonly uri: string,
    reason: string,
  ) {
    super(`record ${uri}: ${reason}`);
  }
}

/**
 * Keeps the records and reports of incidents in a folder:
 *
 *     incidents/checkout--20261124-1042-0a1b2c/
 *       record.json, report.md, report.html   what was saved last
 *       run-6f2c.../record-r1.json, ...       every revision, by the run of the incident's workflow that made it
 *
 * A workflow may run again under the same id (reset, or reopened), and counts its revisions from one again.
 */
export interface Records extends Pick<Activities, 'saveRecord'> {
  /** Reads a revision. Throws `RecordMissing` or `RecordUnreadable`. */
  loadRecord(uri: string): Promise<IncidentRecord>;
  /** The record of an incident that was saved last; null when there is none. */
  find(incidentId: string): Promise<IncidentRecord | null>;
  /** Ids of the incidents in this store that contain these words; at most `MOST_FOUND`. */
  search(part: string): Promise<string[]>;
  /** Where the page of an incident is kept. */
  pagePath(incidentId: string): string;
  /** The folders for what belongs to the incident of a revision, and to its run. Throws `RecordMissing`. */
  foldersOf(uri: string): { incident: string; run: string };
}

/** More matches than these tell nobody which one is meant. */
const MOST_FOUND = 20;

export interface RecordsOptions {
  /** The store's; folders are made when they are needed. */
  directory: string;
  /** Address under which the store's `incidents` folder is served; pages have none without it. */
  reportsUrl?: string | undefined;
  /** @default draws it here, on the event loop */
  makePage?: MakePage;
  /** Hears why a page could not even be made without plots. */
  onPageLost?: (error: unknown) => void;
}

export function createRecords({
  directory,
  reportsUrl,
  makePage = (record) => drawHere(directory, record),
  onPageLost,
}: RecordsOptions): Records {
  const root = path.resolve(directory, 'incidents');
  return {
    async saveRecord({ record }) {
      const folder = folderName(record.id);
      const run = `run-${fileSafe(record.runId)}`;
      await mkdir(path.join(root, folder, run), { recursive: true });
      const shown = withoutSecrets(record);
      const json = `${JSON.stringify(shown, null, 2)}\n`;
      await writeFileAtomic(path.join(root, folder, run, `record-r${record.revision}.json`), json);

      const reportPath = path.join(root, folder, 'report.md');
      const latest = path.join(root, folder, 'record.json');
      if (isNewest(record, await readRecord(latest, latest))) {
        await writeFileAtomic(reportPath, renderMarkdown(shown));
        try {
          await writeFileAtomic(path.join(root, folder, PAGE), await pageOrWhyNot(shown, json, makePage));
        } catch (error) {
          // Whatever is wrong with drawing, the summary goes out.
          onPageLost?.(error);
        }
        await writeFileAtomic(latest, json);
      }
      return {
        uri: `record/${folder}/${run}/r${record.revision}`,
        reportPath,
        reportUrl:
          reportsUrl === undefined
            ? null
            : `${reportsUrl.replace(/\/+$/, '')}/${encodeURIComponent(folder)}/${PAGE}`,
      };
    },

    async loadRecord(uri) {
      const { folder, run, revision } = partsOf(uri);
      const found = await readRecord(path.join(root, folder, run, `record-r${revision}.json`), uri);
      if (found === null) throw new RecordMissing(uri);
      return found;
    },

    async search(part) {
      const wanted = part.replace(/^incident\//, '');
      const folders = await foldersIn(root);
      const likely = folders.filter((folder) => folder.includes(wanted.replaceAll('/', '--').toLowerCase()));
      const ids: string[] = [];
      for (const folder of likely.sort()) {
        const record = await readRecord(path.join(root, folder, 'record.json'), folder);
        if (record?.id.includes(wanted)) ids.push(record.id);
        if (ids.length === MOST_FOUND) break;
      }
      return ids;
    },

    pagePath: (incidentId) => path.join(root, folderName(incidentId), PAGE),

    find: (incidentId) => readRecord(path.join(root, folderName(incidentId), 'record.json'), incidentId),

    foldersOf(uri) {
      const { folder, run } = partsOf(uri);
      return { incident: path.join(root, folder), run: path.join(root, folder, run) };
    },
  };
}

const PAGE = 'report.html';

/** A page that cannot be drawn must not hold up the summary: then it is made without plots, and says why. */
async function pageOrWhyNot(record: IncidentRecord, json: string, makePage: MakePage): Promise<string> {
  try {
    // Of what is stored, so that it is the same when it is made again from there.
    return await makePage(incidentRecord.parse(JSON.parse(json)));
  } catch (error) {
    const { pageWithoutPlots } = await import('./draw-page.js');
    const why = error instanceof Error ? error.message : 'unknown';
    return pageWithoutPlots(record, `they could not be drawn (${why})`);
  }
}

async function drawHere(storeDirectory: string, record: IncidentRecord): Promise<string> {
  const { pageOf } = await import('./draw-page.js');
  return pageOf({ storeDirectory, record });
}

async function foldersIn(root: string): Promise<string[]> {
  try {
    return await readdir(root);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** An activity that comes late, again, must not put an older revision in the place of a newer one. */
function isNewest(record: IncidentRecord, saved: IncidentRecord | null): boolean {
  if (saved === null) return true;
  if (saved.runId !== record.runId) return record.timings.openedAt >= saved.timings.openedAt;
  return record.revision >= saved.revision;
}

async function readRecord(file: string, uri: string): Promise<IncidentRecord | null> {
  let json: string;
  try {
    json = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    throw new RecordUnreadable(uri, 'it is not JSON');
  }
  const parsed = incidentRecord.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RecordUnreadable(uri, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a record'}`);
}

const URI = /^record\/([A-Za-z0-9][\w.-]{0,150})\/(run-[\w.-]{1,150})\/r(\d{1,9})$/;

function partsOf(uri: string): { folder: string; run: string; revision: number } {
  const [, folder, run, revision] = URI.exec(uri) ?? [];
  if (folder === undefined || run === undefined || revision === undefined) throw new RecordMissing(uri);
  return { folder, run, revision: Number(revision) };
}

/** `incident/checkout/20261124-1042-0a1b2c` in the folder `checkout--20261124-1042-0a1b2c`. */
function folderName(incidentId: string): string {
  return fileSafe(incidentId.replace(/^incident\//, ''));
}

const LONGEST_NAME = 120;

/**
 * A name for a file that still tells what it is of. Where something had to be given up, a digest of the whole keeps
 * two names apart; it also covers names that differ in case alone.
 */
function fileSafe(name: string): string {
  const readable = name.replaceAll('/', '--').replace(/[^a-z0-9._-]+/g, '-');
  const faithful = readable.replaceAll('--', '/') === name && /^[a-z0-9]/.test(readable);
  if (faithful && readable.length <= LONGEST_NAME) return readable;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${readable.replace(/^[^a-z0-9]+/, '').slice(0, LONGEST_NAME) || 'x'}-${digest}`;
}
