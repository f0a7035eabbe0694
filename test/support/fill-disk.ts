import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { keysIn } from './stores.js';

/** What became of a store on a disk that was too small. */
export interface FullDisk {
  /** Of the write for which there was no room. */
  error: string;
  keys: string[];
  /** Unfinished files that are left. */
  drafts: number;
  /** Content of an object whose replacement found no room. */
  replaced: string;
  /** After an object was deleted and the write tried again. */
  keysAfterRoom: string[];
}

/*
 * A program: node --import tsx fill-disk.ts DIRECTORY. Fills a store on a disk of 256 kB, and writes what came of it as
 * JSON.
 */
const directory = join(process.argv[2]!, 'store');
const blobs = new FolderBlobs(directory);
const large = Buffer.alloc(150_000);
await blobs.put('evidence/small', Buffer.from('as it was'));
await blobs.put('evidence/small2', large);
const why = (write: Promise<unknown>): Promise<string> => write.then(() => 'there was room', String);
const error = await why(blobs.put('evidence/large', large));
await why(blobs.put('evidence/small', large));
const keys = await keysIn(blobs, 'evidence/');
const drafts = (await readdir(join(directory, 'drafts'))).length;
const replaced = String(await blobs.get('evidence/small'));
await blobs.delete('evidence/small2');
await blobs.put('evidence/large', large);
const result: FullDisk = { error, keys, drafts, replaced, keysAfterRoom: await keysIn(blobs, 'evidence/') };
process.stdout.write(JSON.stringify(result));
