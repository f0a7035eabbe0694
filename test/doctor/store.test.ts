import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import httpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';
import { examineStore } from '../../workers/doctor/store.js';
import { describeStores, keysIn } from '../support/stores.js';

describeStores('what the doctor sees of the store', (store, kind) => {
  it('is that everything can be done there; nothing of its own stays', async () => {
    const { blobs, config } = store();
    const findings = await examineStore(config);
    assert.deepEqual([...new Set(findings.map(({ status }) => status))], ['ok']);
    assert.equal(findings[0]!.subject, blobs.description);
    assert.match(findings[0]!.seen, /^id [0-9a-f]{8}: objects can be written, read, listed and deleted$/);
    assert.deepEqual(await keysIn(blobs), ['store.json']);
  });

  if (kind === 'folder') {
    it('is that others may read a folder that is not meant for them, and how much room is left', async () => {
      const { directory, config } = store();
      await examineStore(config);
      await chmod(directory, 0o755);
      const [, room, open] = await examineStore(config);
      assert.match(room!.seen, /^\d+\.\d GiB free$/);
      assert.equal(open!.status, 'warning');
      assert.equal(open!.remedy, `chmod 700 ${directory}`);
      assert.equal((await examineStore({ ...config, publicReports: true })).length, 2);
    });
    return;
  }

  it('is what to correct about a bucket that is not there, and about missing credentials', async () => {
    const { config } = store();
    const s3 = config.s3!;
    const [missing] = await examineStore({ ...config, s3: { ...s3, bucket: 'not-there' } });
    assert.equal(missing!.status, 'failed');
    assert.match(missing!.seen, /^store\.s3\.bucket: there is no bucket 'not-there'/);
    assert.equal(missing!.remedy, 'create it, or correct the name');
    const anonymousS3 = { ...s3, accessKeyId: undefined, secretAccessKey: undefined };
    const [anonymous] = await examineStore({ ...config, s3: anonymousS3 });
    assert.match(anonymous!.seen, /^store\.s3\.accessKeyId: expected credentials$/);
  });

  it('is that the server ignores conditional writes', async () => {
    const { config } = store();
    const proxy = fastify({ forceCloseConnections: true });
    const rewriteRequestHeaders = (_request: unknown, headers: object) => ({
      ...headers,
      'if-none-match': undefined,
    });
    await proxy.register(httpProxy, {
      upstream: config.s3!.endpoint,
      replyOptions: { rewriteRequestHeaders },
    });
    const endpoint = await proxy.listen({ host: '127.0.0.1', port: 0 });
    try {
      const findings = await examineStore({ ...config, s3: { ...config.s3!, endpoint } });
      assert.deepEqual(
        findings.map(({ status }) => status),
        ['ok', 'warning'],
      );
      assert.match(findings[1]!.seen, /ignores If-None-Match/);
    } finally {
      await proxy.close();
    }
  });
});
