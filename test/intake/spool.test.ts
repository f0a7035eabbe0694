import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import fc from 'fast-check';
import { pino } from 'pino';
import { Overloaded, TemporalUnavailable } from '../../client/errors.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { openSpool, type Spool } from '../../client/intake/spool.js';
import { configSchema } from '../../config/schema.js';
import type { Anomaly } from '../../model/anomaly.js';
import { recordedPost } from '../support/alertmanager-posts.js';
import { anAnomaly } from '../support/anomalies.js';

const log = pino({ level: 'silent' });
const TIMEOUT = { timeoutSeconds: 1 };

/** Temporal as the spool sees it: there or away, and what it was given. */
class FakeTemporal {
  isAway = false;
  /** Fingerprint of an anomaly that is refused for good. */
  refused: string | null = null;
  tries = 0;
  readonly taken: string[] = [];

  readonly raise = (anomalies: Anomaly[]): Promise<void> => {
    this.tries += 1;
    if (this.isAway) return Promise.reject(new TemporalUnavailable('away for the test'));
    if (anomalies.some(({ fingerprint }) => fingerprint === this.refused)) {
      return Promise.reject(new Error('3 INVALID_ARGUMENT: refused for the test'));
    }
    this.taken.push(...anomalies.map(({ fingerprint }) => fingerprint));
    return Promise.resolve();
  };
}

const numbered = (number: number): Anomaly => anAnomaly({ fingerprint: String(number) });

describe('the spool', function () {
  this.timeout(60_000);
  let directory: string;
  const open: Spool[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-spool-'));
  });
  afterEach(async () => {
    for (const spool of open.splice(0)) await spool.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function spoolOver(temporal: FakeTemporal, maxBytes = 1_000_000): Promise<Spool> {
    const spool = await openSpool(temporal, { directory, maxBytes, log, againMilliseconds: 10 });
    open.push(spool);
    return spool;
  }

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await sleep(5);
  }

  const files = async (): Promise<string[]> =>
    (await readdir(directory)).filter((name) => name.endsWith('.json'));

  it('writes nothing while Temporal takes what comes', async () => {
    const temporal = new FakeTemporal();
    const spool = await spoolOver(temporal);
    await spool.raise([numbered(1)], TIMEOUT);
    assert.deepEqual(temporal.taken, ['1']);
    assert.deepEqual(await files(), []);
  });

  it('keeps on disk, for its owner alone, what Temporal does not take, and delivers it in order', async () => {
    const temporal = new FakeTemporal();
    const spool = await spoolOver(temporal);
    temporal.isAway = true;
    for (const number of [1, 2, 3]) await spool.raise([numbered(number)], TIMEOUT);
    assert.equal(spool.status().waiting, 3);
    const written = await files();
    assert.equal(written.length, 3);
    assert.equal((await stat(join(directory, written[0]!))).mode & 0o777, 0o600);
    temporal.isAway = false;
    await until(() => spool.status().waiting === 0);
    assert.deepEqual(temporal.taken, ['1', '2', '3']);
    assert.deepEqual(await files(), []);
  });

  it('delivers after a restart what an earlier process left', async () => {
    const temporal = new FakeTemporal();
    temporal.isAway = true;
    const first = await spoolOver(temporal);
    await first.raise([numbered(1), numbered(2)], TIMEOUT);
    await first.close();
    open.splice(0);
    temporal.isAway = false;
    const second = await spoolOver(temporal);
    await until(() => second.status().waiting === 0);
    assert.deepEqual(temporal.taken, ['1', '2']);
  });

  it('refuses what does not fit on its share of the disk, and takes it later', async () => {
    const temporal = new FakeTemporal();
    temporal.isAway = true;
    const spool = await spoolOver(temporal, 1500);
    await spool.raise([numbered(1)], TIMEOUT);
    await assert.rejects(spool.raise([numbered(2), numbered(3), numbered(4)], TIMEOUT), Overloaded);
    temporal.isAway = false;
    await until(() => spool.status().waiting === 0);
    await spool.raise([numbered(2)], TIMEOUT);
    assert.deepEqual(temporal.taken, ['1', '2']);
  });

  it('puts a broken file aside and goes on', async () => {
    await writeFile(join(directory, '000000000001.json'), '[{"half":');
    await writeFile(join(directory, '000000000002.json'), JSON.stringify([numbered(2)]));
    const temporal = new FakeTemporal();
    const spool = await spoolOver(temporal);
    await until(() => spool.status().waiting === 0);
    assert.deepEqual(temporal.taken, ['2']);
    assert.ok((await readdir(directory)).includes('000000000001.json.unreadable'));
  });

  it('loses nothing and keeps the order, however Temporal comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 25 }), async (away) => {
        const temporal = new FakeTemporal();
        const spool = await spoolOver(temporal);
        for (const [number, isAway] of away.entries()) {
          temporal.isAway = isAway;
          await spool.raise([numbered(number)], TIMEOUT);
          if (number % 5 === 0) await sleep(2);
        }
        temporal.isAway = false;
        await until(() => spool.status().waiting === 0);
        await spool.close();
        open.splice(0);
        assert.deepEqual(temporal.taken, [...away.keys()].map(String));
      }),
      { numRuns: 30 },
    );
  });

  it('holds up no environment with a batch of another that Temporal refuses, and puts that aside', async () => {
    const temporal = new FakeTemporal();
    temporal.isAway = true;
    const spool = await spoolOver(temporal);
    const inBad = (number: number) => ({ ...numbered(number), environment: 'bad' });
    for (const one of [inBad(1), numbered(2), numbered(3), inBad(4)]) await spool.raise([one], TIMEOUT);
    temporal.refused = '1';
    temporal.isAway = false;
    await until(() => spool.status().waiting === 0);
    assert.deepEqual(temporal.taken.slice(0, 2), ['2', '3']);
    assert.ok(temporal.taken.includes('4'));
    assert.deepEqual(spool.status().putAside, { refused: 1, unreadable: 0 });
    assert.ok((await readdir(directory)).includes('000000000001.json.refused'));
  });

  it('keeps a batch for ever while Temporal is only away', async () => {
    const temporal = new FakeTemporal();
    temporal.isAway = true;
    const spool = await spoolOver(temporal);
    await spool.raise([numbered(1)], TIMEOUT);
    await until(() => temporal.tries > 20);
    assert.equal(spool.status().waiting, 1);
    assert.ok(spool.status().oldestSeconds > 0.1);
  });

  it('goes on when a file that waits is gone or cannot be read', async () => {
    const temporal = new FakeTemporal();
    temporal.isAway = true;
    const spool = await spoolOver(temporal);
    for (const number of [1, 2, 3]) await spool.raise([numbered(number)], TIMEOUT);
    await rm(join(directory, '000000000002.json'));
    // Reading a folder fails, as on a broken disk.
    await mkdir(join(directory, '000000000002.json'));
    await rm(join(directory, '000000000001.json'));
    await until(() => spool.status().waiting === 2);
    temporal.isAway = false;
    await until(() => spool.status().waiting === 0);
    assert.deepEqual(temporal.taken, ['3']);
    assert.equal(spool.status().putAside.refused, 1);
  });

  it('starts although a file cannot be read, and leaves it there', async () => {
    await mkdir(join(directory, '000000000001.json'));
    await writeFile(join(directory, '000000000002.json'), JSON.stringify([numbered(2)]));
    const temporal = new FakeTemporal();
    const spool = await spoolOver(temporal);
    await until(() => spool.status().waiting === 0);
    assert.deepEqual(temporal.taken, ['2']);
    assert.ok((await readdir(directory)).includes('000000000001.json'));
  });

  it('stops, and is not ready, when another process has taken its folder', async () => {
    const temporal = new FakeTemporal();
    temporal.isAway = true;
    const incidents = { raise: temporal.raise, ready: () => Promise.resolve() };
    const config = configSchema.parse({
      metrics: { type: 'prometheus', url: 'http://unused' },
      webhook: { spool: { directory } },
    });
    const receiver = await buildReceiver({ config, incidents, log });
    try {
      assert.equal((await receiver.inject('/readyz')).statusCode, 200);
      await rm(`${directory}.lock`, { recursive: true });
      await mkdir(`${directory}.lock`);
      while ((await receiver.inject('/readyz')).statusCode !== 503) await sleep(50);
      const { body } = recordedPost('am34/firing_grouped');
      const answer = await receiver.inject({ method: 'POST', url: '/v1/alertmanager', payload: body });
      assert.equal(answer.statusCode, 503);
      assert.deepEqual(await files(), []);
    } finally {
      await receiver.close();
      await rm(`${directory}.lock`, { recursive: true, force: true });
    }
  });

  it('lets the receiver answer 202 while Temporal is away, and says how much waits', async () => {
    const temporal = new FakeTemporal();
    temporal.isAway = true;
    const config = configSchema.parse({
      metrics: { type: 'prometheus', url: 'http://unused' },
      webhook: { spool: { directory } },
    });
    const incidents = { raise: temporal.raise, ready: () => Promise.resolve() };
    const receiver = await buildReceiver({ config, incidents, log });
    try {
      const url = await receiver.listen({ host: '127.0.0.1', port: 0 });
      const { body } = recordedPost('am34/firing_grouped');
      const alerts = body.alerts.map((alert) => ({
        ...alert,
        generatorURL: 'https://ops:hunter22@db.example/',
      }));
      const { status, data } = await axios.post<{ accepted: number }>(`${url}/v1/alertmanager`, {
        ...body,
        alerts,
        commonAnnotations: {},
      });
      assert.equal(status, 202);
      const [name] = await files();
      assert.doesNotMatch(await readFile(join(directory, name!), 'utf8'), /hunter22/);
      const { data: readiness } = await axios.get<{ spool: { waiting: number } }>(`${url}/readyz`);
      assert.equal(readiness.spool.waiting, data.accepted);
      const { data: metrics } = await axios.get<string>(`${url}/metrics`);
      assert.match(metrics, new RegExp(`^faultline_intake_spooled_anomalies ${data.accepted}$`, 'm'));
    } finally {
      await receiver.close();
    }
  });
});
