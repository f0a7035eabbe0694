import assert from 'node:assert/strict';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mock } from 'node:test';
import { MAX_BLOB_BYTES, StoreError, storeId } from '../../activities/record/blob-store.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { S3Blobs } from '../../activities/record/s3-blobs.js';
import type { S3Config } from '../../config/store.js';
import { s3Store } from '../support/s3-server.js';
import { describeStores, keysIn } from '../support/stores.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describeStores('a blob store', (store) => {
  it('gives back what was put, and replaces it', async () => {
    const { blobs } = store();
    const key = 'evidence/ab/ab12';
    assert.equal(await blobs.get(key), null);
    assert.equal(await blobs.head(key), null);
    assert.equal(await blobs.put(key, Buffer.from([0, 255, 10])), true);
    assert.deepEqual(await blobs.get(key), Buffer.from([0, 255, 10]));
    await blobs.put(key, bytes('later'));
    assert.deepEqual(await blobs.get(key), bytes('later'));
    const info = (await blobs.head(key))!;
    assert.equal(info.bytes, 5);
    assert.ok(Math.abs(info.modifiedAt - Date.now() / 1000) < 5, `modified at ${info.modifiedAt}`);
  });

  it('lets one of many writers create an object', async () => {
    const { blobs } = store();
    const names = Array.from({ length: 10 }, (_, i) => `writer ${i}`);
    const created = await Promise.all(
      names.map(async (name) => blobs.put('locks/one.json', bytes(name), { ifAbsent: true })),
    );
    assert.equal(created.filter(Boolean).length, 1);
    assert.equal(String(await blobs.get('locks/one.json')), names[created.indexOf(true)]);
    assert.deepEqual(await keysIn(blobs), ['locks/one.json']);
  });

  it('lists objects by prefix, folders by name, and forgets what was deleted', async () => {
    const { blobs } = store();
    const keys = ['records/a/r1.json', 'records/a/r2.json', 'records/ab/r1.json', 'reports/a.md'];
    for (const key of keys) await blobs.put(key, bytes(key));
    assert.deepEqual(await keysIn(blobs), keys);
    assert.deepEqual(await keysIn(blobs, 'records/a'), keys.slice(0, 3));
    assert.deepEqual(await keysIn(blobs, 'records/a/'), keys.slice(0, 2));
    const folders = [];
    for await (const name of blobs.folders('records/')) folders.push(name);
    assert.deepEqual(folders.sort(), ['a', 'ab']);
    for (const key of keys) await blobs.delete(key);
    await blobs.delete('records/a/r1.json');
    assert.deepEqual(await keysIn(blobs), []);
  });

  it('refuses keys that leave the store, and objects that no worker could hold', async () => {
    const { blobs } = store();
    for (const key of ['../x', 'a/../b', '/etc/passwd', 'a//b', 'a/.hidden', '', 'a\0b', 'a b']) {
      await assert.rejects(blobs.put(key, bytes('x')), StoreError, key);
      await assert.rejects(blobs.get(key), StoreError, key);
    }
    const large = { length: MAX_BLOB_BYTES + 1 } as Buffer;
    await assert.rejects(blobs.put('a/b', large), /a\/b: expected at most 268435456 bytes/);
  });

  it('has one id, also when two workers use it for the first time at once', async () => {
    const { blobs } = store();
    const ids = await Promise.all([storeId(blobs), storeId(blobs), storeId(blobs)]);
    assert.match(ids[0], /^[0-9a-f]{8}$/);
    assert.deepEqual(new Set(ids).size, 1);
    await blobs.put('store.json', bytes('{}'));
    await assert.rejects(storeId(blobs), /store\.json: expected \{"id": "<8 hex digits>"\}; delete it/);
  });
});

describe('a folder as store', () => {
  const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

  describeStores('its permissions', (store, kind) => {
    if (kind === 's3') return;

    it('are for its owner alone', async () => {
      const { blobs, directory } = store();
      await blobs.put('incidents/a/report.html', bytes('x'));
      for (const folder of ['', 'incidents', 'incidents/a', 'drafts']) {
        assert.equal(await modeOf(join(directory, folder)), '700', folder);
      }
      assert.equal(await modeOf(join(directory, 'incidents/a/report.html')), '600');
    });

    it('let a web server read incidents and nothing else with publicReports, whatever the umask', async () => {
      const { directory } = store();
      const umask = process.umask(0o077);
      try {
        const blobs = new FolderBlobs(directory, true);
        for (const key of ['incidents/a/report.html', 'records/a/r1.json']) await blobs.put(key, bytes('x'));
      } finally {
        process.umask(umask);
      }
      assert.equal(await modeOf(directory), '711');
      assert.equal(await modeOf(join(directory, 'incidents/a')), '755');
      assert.equal(await modeOf(join(directory, 'incidents/a/report.html')), '644');
      assert.equal(await modeOf(join(directory, 'records')), '700');
      assert.equal(await modeOf(join(directory, 'records/a/r1.json')), '600');
    });

    it('may be turned on for a folder that is there', async () => {
      const { directory, blobs } = store();
      await blobs.put('incidents/a/report.html', bytes('x'));
      await new FolderBlobs(directory, true).put('incidents/a/report.html', bytes('x'));
      assert.equal(await modeOf(join(directory, 'incidents/a/report.html')), '644');
      assert.equal(await modeOf(directory), '711');
    });

    it('are not asked of a path that goes through a file', async () => {
      const { directory } = store();
      await mkdir(join(directory, '..'), { recursive: true });
      await writeFile(join(directory, '..', 'file'), '');
      const blobs = new FolderBlobs(join(directory, '..', 'file', 'store'));
      await assert.rejects(
        blobs.put('a/b', bytes('x')),
        /store\.directory: cannot write in .*a part of the path is a file/,
      );
    });
  });
});

describe('an S3 server as store', () => {
  /** What a server would answer that the real one of these tests never does. */
  async function answering(status: number, body: string, headers = {}): Promise<Server> {
    const server = createServer((_request, response) => response.writeHead(status, headers).end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  const config = (endpoint: string, more: Partial<S3Config> = {}): S3Config => ({
    endpoint,
    region: 'us-east-1',
    bucket: 'bucket',
    prefix: '',
    pathStyle: true,
    accessKeyId: 'key',
    secretAccessKey: 'a-secret-of-the-test',
    timeoutSeconds: 5,
    ...more,
  });

  it('lists more objects than fit on a page', async function () {
    this.timeout(240_000);
    const blobs = new S3Blobs(await s3Store(this), {}, 2);
    const keys = Array.from({ length: 7 }, (_, i) => `records/folder-${i}/r1.json`);
    for (const key of keys) await blobs.put(key, bytes('x'));
    assert.deepEqual(await keysIn(blobs), keys);
    const folders = [];
    for await (const name of blobs.folders('records/')) folders.push(name);
    assert.equal(folders.length, 7);
  });

  it('names the bucket when there is none of this name', async function () {
    this.timeout(240_000);
    const blobs = new S3Blobs({ ...(await s3Store(this)), bucket: 'not-there' }, {});
    const missing =
      /^StoreError: store\.s3\.bucket: there is no bucket 'not-there' \(.*NoSuchBucket\); create it/;
    await assert.rejects(blobs.put('a/b', bytes('x')), missing);
    await assert.rejects(blobs.get('a/b'), missing);
    await assert.rejects(keysIn(blobs), missing);
  });

  const REFUSALS: [number, string, RegExp][] = [
    [
      403,
      'AccessDenied',
      /^store\.s3: .* answers 403 AccessDenied to GET a\/b; give the credentials the right s3:GetObject/,
    ],
    [403, 'SignatureDoesNotMatch', /^store\.s3\.secretAccessKey: .*; correct them$/],
    [400, 'AuthorizationHeaderMalformed', /^store\.s3\.region: the bucket is not in us-east-1/],
    [301, 'PermanentRedirect', /^store\.s3\.region: /],
    [307, '', /^store\.s3\.endpoint: the server redirects/],
    [403, 'RequestTimeTooSkewed', /^the clock of this machine differs/],
    [400, 'SomethingElse', /^store\.s3: .* answers 400 SomethingElse to GET a\/b$/],
  ];
  for (const [status, code, message] of REFUSALS) {
    it(`says what to correct after ${status} ${code}`, async () => {
      const server = await answering(status, `<Error><Code>${code}</Code></Error>`, {
        location: 'http://x.invalid/',
      });
      try {
        const { port } = server.address() as AddressInfo;
        await assert.rejects(new S3Blobs(config(`http://127.0.0.1:${port}`)).get('a/b'), { message });
      } finally {
        server.close();
      }
    });
  }

  it('tells a web server, silence and an address where nothing listens from a store', async () => {
    const web = await answering(200, '<html></html>');
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const at = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await assert.rejects(
        keysIn(new S3Blobs(config(at(web)))),
        /store\.s3\.endpoint: expected an S3 server/,
      );
      const slow = new S3Blobs(config(at(silent), { timeoutSeconds: 0.2 }));
      await assert.rejects(slow.get('a/b'), /did not answer in 0\.2 s \(store\.s3\.timeoutSeconds\)/);
    } finally {
      web.close();
      silent.closeAllConnections();
      silent.close();
    }
    await assert.rejects(
      new S3Blobs(config('http://127.0.0.1:9')).get('a/b'),
      /store\.s3\.endpoint: http:\/\/127\.0\.0\.1:9 cannot be reached .*; check the address and the network/,
    );
  });

  it('takes credentials from the environment, and says which settings it expects without any', () => {
    const { accessKeyId, secretAccessKey, ...bare } = config('http://127.0.0.1:9');
    assert.throws(
      () => new S3Blobs(bare, {}),
      /^StoreError: store\.s3\.accessKeyId: expected credentials; .*AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY$/,
    );
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    assert.equal(new S3Blobs(bare, env).description, 'bucket bucket at http://127.0.0.1:9');
  });

  it('asks for a bucket in the host name where the server wants it so', async () => {
    const asked: string[] = [];
    const fetching = mock.method(globalThis, 'fetch', ({ url }: Request) => {
      asked.push(url);
      return Promise.resolve(new Response(null, { status: 404 }));
    });
    try {
      const settings = config('https://s3.example:9000', { pathStyle: false, prefix: 'team/' });
      assert.equal(await new S3Blobs(settings).get('a/b'), null);
      assert.deepEqual(asked, ['https://bucket.s3.example:9000/team/a/b']);
    } finally {
      fetching.mock.restore();
    }
  });
});
