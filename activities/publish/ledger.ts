import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { publication, type Publication } from '../../model/incident.js';

/**
 * Remembers which revisions a sink accepted: an activity whose end Temporal did not hear of runs again, and must
 * then not post again. One small file for each, because two sinks are told at the same time, perhaps by two workers.
 */
export interface Ledger {
  /** What the sink accepted of this revision; null when it did not, as far as is known. */
  find(folder: string, sink: string, revision: number): Promise<Publication | null>;
  add(folder: string, accepted: Publication): Promise<void>;
}

export const ledger: Ledger = {
  async find(folder, sink, revision) {
    let json: string;
    try {
      json = await readFile(fileOf(folder, sink, revision), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
    return publication.parse(JSON.parse(json));
  },

  async add(folder, accepted) {
    const file = fileOf(folder, accepted.sink, accepted.revision);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, `${JSON.stringify(accepted, null, 2)}\n`);
  },
};

/** `publications/chat-1f3870be-r2.json`: sinks are named freely, so a digest tells them apart. */
function fileOf(folder: string, sink: string, revision: number): string {
  const readable = sink.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
  const digest = createHash('sha256').update(sink).digest('hex').slice(0, 8);
  return path.join(folder, 'publications', `${readable}-${digest}-r${revision}.json`);
}
