import { randomUUID } from 'node:crypto';
import { stat, statfs } from 'node:fs/promises';
import { storeId, type BlobStore } from '../../activities/record/blob-store.js';
import { openBlobs } from '../../activities/record/open-store.js';
import type { StoreConfig } from '../../config/store.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

/** Evidence of some thousand incidents. */
const LOW_SPACE_BYTES = 1024 ** 3;

const OTHERS_MAY_READ = 0o004;

/** Whether evidence and records can be written, read, listed and deleted, tried with an object of the doctor's own. */
export async function examineStore(config: StoreConfig): Promise<Finding[]> {
  let subject = config.s3 ? `bucket ${config.s3.bucket}` : `folder ${config.directory}`;
  const told = (what: Told): Finding => ({ area: 'store', subject, ...what });
  try {
    const blobs = openBlobs(config);
    subject = blobs.description;
    const id = await storeId(blobs);
    const isConditional = await probe(blobs);
    const findings = [told(ok(`id ${id}: objects can be written, read, listed and deleted`))];
    if (!isConditional) {
      findings.push(
        told(
          warning(
            'the server ignores If-None-Match: several workers may run retention at the same time',
            'use a server with conditional writes',
          ),
        ),
      );
    }
    return config.s3 ? findings : [...findings, ...(await examineFolder(config)).map(told)];
  } catch (error) {
    const [seen = '', ...remedies] = reasonOf(error).split('; ');
    const setting = config.s3 ? 'store.s3' : 'store.directory';
    return [told(failed(seen, remedies.join('; ') || `correct ${setting}`))];
  }
}

/**
 * Writes, reads, lists and deletes one object. Rejects with what does not work; answers whether the store refuses a
 * conditional write of an object that is there.
 */
async function probe(blobs: BlobStore): Promise<boolean> {
  const key = `doctor/probe-${randomUUID()}`;
  const bytes = Buffer.from('written by faultline doctor');
  await blobs.put(key, bytes, { ifAbsent: true });
  try {
    const isConditional = !(await blobs.put(key, bytes, { ifAbsent: true }));
    const read = await blobs.get(key);
    if (!read?.equals(bytes)) throw new Error('an object that was written is not read again');
    const listed = [];
    for await (const info of blobs.list(key)) listed.push(info);
    if (listed.length !== 1) throw new Error('an object that was written is not listed');
    return isConditional;
  } finally {
    await blobs.delete(key);
  }
}

async function examineFolder({ directory, publicReports }: StoreConfig): Promise<Told[]> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const seen = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  const room =
    free < LOW_SPACE_BYTES ? warning(seen, 'make room, or choose another store.directory') : ok(seen);
  const { mode } = await stat(directory);
  if (publicReports || (mode & OTHERS_MAY_READ) === 0) return [room];
  const open = `every user of this machine may list it (mode ${(mode & 0o777).toString(8)})`;
  return [room, warning(open, `chmod 700 ${directory}`)];
}
