import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import { execa } from 'execa';
import { StoreError } from '../../activities/record/blob-store.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { createRecords } from '../../activities/record/records.js';
import { SAMPLES } from '../support/records.js';
import { skipOrFail } from '../support/needs.js';
import type { FullDisk } from '../support/fill-disk.js';

/** A user without rights, on Debian and most others. */
const NOBODY = 65_534;

describe('a folder that cannot be written', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-broken-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** Runs something without the right to write into `directory`; root may write everywhere. */
  async function withoutRight<T>(work: () => Promise<T>): Promise<T> {
    await chmod(directory, 0o555);
    const isRoot = process.geteuid!() === 0;
    if (isRoot) process.seteuid!(NOBODY);
    try {
      return await work();
    } finally {
      if (isRoot) process.seteuid!(0);
      await chmod(directory, 0o755);
    }
  }

  it('says which setting to correct when this user has no right to it, and takes the write later', async () => {
    const records = createRecords({
      blobs: new FolderBlobs(join(directory, 'store')),
      makePage: () => Promise.resolve('a page'),
    });
    const record = SAMPLES.resolved();
    await withoutRight(async () => {
      await assert.rejects(records.saveRecord({ record }), (error) => {
        assert.ok(error instanceof StoreError);
        // Temporal tries again what is not marked as hopeless.
        assert.ok(!(error instanceof ApplicationFailure));
        assert.match(
          error.message,
          /^store\.directory: cannot write in .*: this user has no right to; run every/,
        );
        return true;
      });
    });
    assert.deepEqual(await readdir(directory), []);
    const { uri } = await records.saveRecord({ record });
    assert.deepEqual((await records.loadRecord(uri)).id, record.id);
  });

  it('leaves what is there, and nothing half-written, when the disk is full', async function () {
    this.timeout(30_000);
    await mkdir(join(directory, 'disk'));
    const program = fileURLToPath(new URL('../support/fill-disk.ts', import.meta.url));
    // A disk of its own, which only this process and its children see.
    const mount = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec node --import tsx "$0" "$1"';
    const isolated = [
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      mount,
      program,
      join(directory, 'disk'),
    ];
    const { failed, stdout, stderr } = await execa('unshare', isolated, { reject: false });
    if (failed && /unshare|mount/.test(stderr)) {
      skipOrFail(this, 'a mount namespace', 'a kernel with unprivileged user namespaces');
    }
    assert.equal(failed, false, stderr);
    const disk = JSON.parse(stdout) as FullDisk;
    assert.match(
      disk.error,
      /^StoreError: store\.directory: cannot write in .*: the disk is full; make room, or lower/,
    );
    assert.deepEqual(disk.keys, ['evidence/small', 'evidence/small2']);
    assert.equal(disk.drafts, 0);
    assert.equal(disk.replaced, 'as it was');
    assert.deepEqual(disk.keysAfterRoom, ['evidence/large', 'evidence/small']);
  });
});
