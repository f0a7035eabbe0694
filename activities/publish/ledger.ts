import type { Logger } from 'pino';
import { z } from 'zod';
import { publication, type Publication } from '../../model/incident.js';
import { parseJson, type BlobStore } from '../record/blob-store.js';
import {
  newestFirst,
  parsePublicationKey,
  publicationKey,
  publicationsPrefix,
  recordUri,
  type RevisionId,
} from '../record/record-keys.js';

/**
 * Remembers what sinks accepted, an object for each revision and sink: an activity whose end Temporal did not learn
 * runs again and must not post again, and a sink that changes what it has posted must find it again.
 */
export interface Ledger {
  /** What the sink accepted of this revision; null when it accepted nothing, as far as is known. */
  find(id: RevisionId, sink: string): Promise<Publication | null>;
  /** What the sink accepted last of this incident, in whichever run, and the record of it. */
  last(id: RevisionId, sink: string): Promise<{ publication: Publication; recordUri: string } | null>;
  add(id: RevisionId, accepted: Publication): Promise<void>;
}

/** Nothing is deleted here: what is old goes with retention. */
export function createLedger(blobs: BlobStore, log: Pick<Logger, 'warn'>): Ledger {
  /** An entry that cannot be read counts as none: the sink is then asked for what it has before it is posted to. */
  async function read(key: string): Promise<Publication | null> {
    const bytes = await blobs.get(key);
    if (bytes === null) return null;
    const parsed = z.object({ publication }).safeParse(parseJson(bytes));
    if (parsed.success) return parsed.data.publication;
    log.warn({ entry: blobs.locationOf(key) }, 'an entry of the ledger cannot be read: it counts as none');
    return null;
  }

  return {
    find: (id, sink) => read(publicationKey(id, sink)),

    async last({ folder }, sink) {
      const entries = [];
      for await (const { key, modifiedAt } of blobs.list(publicationsPrefix(folder, sink))) {
        const id = parsePublicationKey(key);
        if (id) entries.push({ id, key, modifiedAt });
      }
      for (const { id, key } of newestFirst(entries)) {
        const accepted = await read(key);
        if (accepted) return { publication: accepted, recordUri: recordUri(id) };
      }
      return null;
    },

    async add(id, accepted) {
      const json = `${JSON.stringify({ publication: accepted }, null, 2)}\n`;
      await blobs.put(publicationKey(id, accepted.sink), Buffer.from(json));
    },
  };
}
