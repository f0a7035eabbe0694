import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemErrorWords } from '../../client/cli/system-errors.js';

describe('a refusal of the operating system', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-refusals-'));
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'folder'));
  });
  after(() => rm(folder, { recursive: true }));

  async function wordsOf(work: () => Promise<unknown>, setting?: string): Promise<string | null> {
    const error = await work().then(
      () => assert.fail('expected a refusal'),
      (reason: unknown) => reason,
    );
    return systemErrorWords(error, setting);
  }

  it('says what is wrong with a path, and which setting names it', async () => {
    const absent = join(folder, 'absent', 'file');
    assert.equal(
      await wordsOf(() => writeFile(absent, ''), '--output'),
      `--output: there is no file or folder ${absent}; check the path, or create its folder first`,
    );
    assert.match(
      (await wordsOf(() => writeFile(join(folder, 'folder'), ''))) ?? '',
      /is a folder, expected a file$/,
    );
    assert.match(
      (await wordsOf(() => readFile(join(folder, 'file', 'x')))) ?? '',
      /is a file, expected a folder$/,
    );
  });

  it('says that a port is taken, and what to do', async () => {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    const second = createServer();
    const failed = once(second, 'error');
    second.listen(port, '127.0.0.1');
    const [error] = (await failed) as unknown[];
    first.close();
    assert.equal(
      systemErrorWords(error, 'webhook.port'),
      `webhook.port: port ${port} on 127.0.0.1 is in use by another program; stop it or choose another port`,
    );
  });

  it('leaves other errors alone', () => {
    assert.equal(systemErrorWords(new Error('surprise')), null);
    assert.equal(systemErrorWords(Object.assign(new Error('x'), { code: 'ERR_ASSERTION' })), null);
  });
});
