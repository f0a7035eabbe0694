import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, reasonOf, warning, type Finding } from './finding.js';

/** Evidence of some thousand incidents. */
const LOW_SPACE_BYTES = 1024 ** 3;

/** Whether the folder of evidence and records can be written, and has room. */
export async function examineStore(directory: string): Promise<Finding[]> {
  const subject = `folder ${directory}`;
  const probe = join(directory, `.doctor-${process.pid}`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(probe, 'written by faultline doctor');
    await rm(probe);
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    const seen = `can be written, ${(free / 1024 ** 3).toFixed(1)} GiB free`;
    const state =
      free < LOW_SPACE_BYTES ? warning(seen, 'make room, or choose another store.directory') : ok(seen);
    return [{ area: 'store', subject, ...state }];
  } catch (error) {
    const remedy = 'give this user the right to write there, or choose another store.directory';
    return [{ area: 'store', subject, ...failed(reasonOf(error), remedy) }];
  }
}
