import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { publication, type Publication } from '../../model/incident.js';

const entry = z.object({ publication, recordUri: z.string() });

/** A summary that a sink accepted, and where its record is. */
export type LedgerEntry = z.infer<typeof entry>;

/** Folders of the record store: of an incident, and of the run that counts its revisions. */
export interface LedgerPlace {
  incident: string;
  run: string;
}

/**
 * Remembers what sinks accepted: an activity whose end Temporal did not hear of runs again and must then not post
 * again, and a sink that changes what it has posted must find it again. Small files of one sink each, because two
 * sinks are told at the same time, perhaps by two workers.
 */
export interface Ledger {
  /** What the sink accepted of this revision; null when it did not, as far as is known. */
  find(place: LedgerPlace, sink: string, revision: number): Promise<Publication | null>;
  /** What the sink accepted last of this incident, in whichever run. */
  last(place: LedgerPlace, sink: string): Promise<LedgerEntry | null>;
  add(place: LedgerPlace, accepted: LedgerEntry): Promise<void>;
}

export const ledger: Ledger = {
  async find(place, sink, revision) {
    return (await read(fileOf(place.run, sink, `-r${revision}`)))?.publication ?? null;
  },

  last: (place, sink) => read(fileOf(place.incident, sink, '')),

  async add(place, accepted) {
    const { sink, revision } = accepted.publication;
    // The revision's own file last: when it is there, both are.
    await write(fileOf(place.incident, sink, ''), accepted);
    await write(fileOf(place.run, sink, `-r${revision}`), accepted);
  },
};

async function read(file: string): Promise<LedgerEntry | null> {
  let json: string;
  try {
    json = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return entry.parse(JSON.parse(json));
}

async function write(file: string, accepted: LedgerEntry): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify(accepted, null, 2)}\n`);
}

/** `publications/chat-1f3870be-r2.json`: sinks are named freely, so a digest tells them apart. */
function fileOf(folder: string, sink: string, suffix: string): string {
  const readable = sink.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
  const digest = createHash('sha256').update(sink).digest('hex').slice(0, 8);
  return path.join(folder, 'publications', `${readable}-${digest}${suffix}.json`);
}
