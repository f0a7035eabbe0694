import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { testConfig } from '../support/scopes.js';
import { startStubPrometheus } from '../support/stub-prometheus.js';
import { examineLogs } from '../../workers/doctor/logs.js';

describe('the doctor of logs', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-doctor-logs-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function examine(...sources: object[]): Promise<Awaited<ReturnType<typeof examineLogs>>> {
    return examineLogs(testConfig({ logs: sources }).logs);
  }

  async function fileOf(name: string, lines: object[]): Promise<object> {
    const file = join(folder, name);
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    return { type: 'file', name, file };
  }

  const now = Date.now() / 1000;
  const lines = (of: object, count: number, ago = 60): object[] =>
    Array.from({ length: count }, () => ({ t: now - ago, message: 'x', ...of }));

  it('says how many lines of how many services a source holds, and which fields name them', async () => {
    const source = await fileOf('good', [
      ...lines({ service: 'cart' }, 3),
      ...lines({ pod: 'stock-7d9f8b6c5-x2x4z', namespace: 'shop' }, 2),
      ...lines({ service: 'old' }, 5, 3_600),
    ]);
    const [finding] = await examine(source);
    assert.equal(finding!.status, 'ok');
    assert.equal(
      finding!.seen,
      '5 lines of 2 services in the last 15 min, named by pod, service: cart, stock',
    );
  });

  it('warns of a source without lines, and of lines that name nobody', async () => {
    const findings = await examine(
      await fileOf('empty', []),
      await fileOf('nobody', lines({ host: 'node-1' }, 4)),
    );
    assert.deepEqual(
      findings.map(({ status, seen }) => [status, seen]),
      [
        ['warning', 'it answers, and holds no line of the last 15 min'],
        ['warning', '4 lines in the last 15 min, none of which names a service'],
      ],
    );
  });

  it('says what is wrong with a source that does not answer as one', async () => {
    const stub = await startStubPrometheus();
    stub.answer = (reply) => reply.code(403).send('no');
    try {
      const [away, refused, absent] = await examine(
        { type: 'victorialogs', name: 'away', url: `http://127.0.0.1:${await getPort()}` },
        { type: 'loki', name: 'refused', url: stub.url },
        { type: 'file', name: 'absent', file: join(folder, 'none') },
      );
      assert.match(away!.seen, /connection refused/u);
      assert.equal(away!.remedy, 'check logs[0].url');
      assert.equal(refused!.remedy, 'correct logs[1].auth');
      assert.equal(absent!.remedy, 'correct logs[2].file');
    } finally {
      await stub.close();
    }
  });
});
