import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino, type Logger } from 'pino';
import { createLedger } from '../../activities/publish/ledger.js';
import { StoreError, storeId, type BlobInfo, type BlobStore } from '../../activities/record/blob-store.js';
import { createEvidence } from '../../activities/record/evidence-store.js';
import { parseRecordUri } from '../../activities/record/record-keys.js';
import { createRecords } from '../../activities/record/records.js';
import { prune, retentionRules, type RetentionRules } from '../../activities/record/retention.js';
import { lastRun, runRetention, startRetention } from '../../activities/record/retention-timer.js';
import { verifyStore } from '../../activities/record/verify.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import { SAMPLES } from '../support/records.js';
import { testConfig } from '../support/scopes.js';
import { describeStores, keysIn } from '../support/stores.js';

const DAY = 86_400;
const NOW = Math.floor(Date.now() / 1000);
const silent = pino({ level: 'silent' });

/** 90 days, as the configuration says when it says nothing; size does not count unless a test sets it. */
const RULES: RetentionRules = { ...retentionRules(testConfig()), maxBytes: 0 };

/** The store as if what was written before now had been written at the times that `age` gives (days ago). */
class AgedStore {
  private readonly days = new Map<string, number>();

  constructor(readonly inner: BlobStore) {}

  /** Everything that is new since the last call was written so many days ago. */
  async age(days: number): Promise<void> {
    for (const key of await keysIn(this.inner)) if (!this.days.has(key)) this.days.set(key, days);
  }

  get blobs(): BlobStore {
    const aged = (info: BlobInfo): BlobInfo => ({
      ...info,
      modifiedAt: NOW - (this.days.get(info.key) ?? 0) * DAY,
    });
    const { inner } = this;
    return Object.create(inner, {
      head: {
        value: async (key: string) => {
          const info = await inner.head(key);
          return info && aged(info);
        },
      },
      list: {
        value: async function* (prefix: string) {
          for await (const info of inner.list(prefix)) yield aged(info);
        },
      },
    }) as BlobStore;
  }
}

describeStores('retention', (store, kind) => {
  let blobs: BlobStore;
  let aged: AgedStore;
  beforeEach(() => {
    ({ blobs } = store());
    aged = new AgedStore(blobs);
  });

  const run = (rules: Partial<RetentionRules> = {}, more: { dryRun?: boolean; maxDeletions?: number } = {}) =>
    prune(aged.blobs, { ...RULES, ...rules }, { now: NOW, ...more });

  /** Evidence whose content, and so whose digest, is that of the name. */
  const evidence = (name: string) => {
    const one: Series = {
      id: name,
      subject: { kind: 'service', service: name },
      signal: 'latency',
      name: 'latency',
      unit: 's',
      worse: 'up',
      perspective: 'server',
      query: name,
      source: 'prometheus',
      times: Float64Array.of(1),
      values: Float64Array.of(2),
    };
    return createEvidence(blobs).put([one], 'latency');
  };

  /** Saves a revision of the incident of this name, which names this evidence; closed unless `open`. */
  async function save(
    name: string,
    of: string[],
    more: Partial<IncidentRecord> & { open?: true } = {},
  ): Promise<string> {
    const { open, ...rest } = more;
    const sample = SAMPLES['suspected pool saturation']();
    const record: IncidentRecord = {
      ...sample,
      id: `incident/${name}/20261124-1042-0a1b2c`,
      evidence: await Promise.all(of.map(evidence)),
      timings: { ...sample.timings, closedAt: open ? null : sample.timings.openedAt + 60 },
      revision: 1,
      ...rest,
    };
    return (await createRecords({ blobs, makePage: () => Promise.resolve('a page') }).saveRecord({ record }))
      .uri;
  }

  const incidents = async (): Promise<string[]> =>
    [...new Set((await keysIn(blobs, 'records/')).map((key) => key.split('/')[1]!.split('--')[0]!))].sort();
  const namedBlobs = async (...names: string[]) =>
    (await Promise.all(names.map(evidence)))
      .map(({ digest }) => `evidence/${digest.slice(0, 2)}/${digest}`)
      .sort();
  const isHealthy = async () => assert.deepEqual((await verifyStore(blobs)).problems, []);

  it('deletes old incidents with their evidence, and nothing that a younger one names', async () => {
    await save('old', ['only-old', 'shared']);
    await storeId(blobs);
    await aged.age(91);
    await save('young', ['only-young', 'shared']);
    await aged.age(89);
    const report = await run();
    assert.equal(report.incidents, 1);
    assert.deepEqual(await incidents(), ['young']);
    assert.deepEqual(await keysIn(blobs, 'incidents/old'), []);
    assert.deepEqual(await keysIn(blobs, 'evidence/'), await namedBlobs('only-young', 'shared'));
    assert.match((await keysIn(blobs)).join(), /store\.json/);
    await isHealthy();
    assert.equal((await run()).deleted.objects, 0);
  });

  it('keeps incidents that may still be open however short the days are', async () => {
    await save('open', ['a'], { open: true });
    await aged.age(7);
    assert.equal((await run({ days: 1 })).deleted.objects, 0);
    await save('other', ['b']);
    await aged.age(9);
    await run({ days: 1 });
    assert.deepEqual(await incidents(), ['open']);
  });

  it('deletes superseded revisions after a day, but not what a sink was told last', async () => {
    const ledger = createLedger(blobs, silent);
    const told = async (uri: string, sink: string, revision: number) =>
      ledger.add(parseRecordUri(uri)!, { sink, revision, at: NOW, reference: null });
    const uris = [];
    for (const revision of [1, 2, 3, 4]) {
      uris.push(await save('checkout', [`evidence-${revision}`], { revision }));
    }
    await told(uris[0]!, 'chat', 1);
    await told(uris[1]!, 'chat', 2);
    await told(uris[3]!, 'mail', 4);
    assert.equal((await run()).deleted.objects, 0, 'all is new');

    await aged.age(2);
    await run();
    const left = (await keysIn(blobs, 'records/')).map((key) => key.replace(/.*\/(?=r\d+\.json)/, ''));
    assert.deepEqual(left.sort(), ['r2.json', 'r2.json', 'r4.json', 'r4.json']);
    assert.deepEqual(await keysIn(blobs, 'evidence/'), await namedBlobs('evidence-2', 'evidence-4'));
    const last = await ledger.last(parseRecordUri(uris[3]!)!, 'chat');
    assert.equal(last?.recordUri, uris[1]);
    await isHealthy();
  });

  it('deletes evidence and drafts of a day ago that nothing names, and documents when no incident can need them', async () => {
    await evidence('an unfinished pull');
    await createEvidence(blobs).putBytes(Buffer.from('the state of an open incident'));
    await blobs.put('drafts/0a1b', Buffer.from('of a process that died'));
    await blobs.put('notes-of-mine/todo.txt', Buffer.from('not of Faultline'));
    await aged.age(0.9);
    assert.equal((await run()).deleted.objects, 0);

    for (const [days, kinds] of [
      [2, ['documents', 'notes-of-mine', 'store.json']],
      [9, ['notes-of-mine', 'store.json']],
    ] as const) {
      aged = new AgedStore(blobs);
      await aged.age(days);
      await run();
      assert.deepEqual([...new Set((await keysIn(blobs)).map((key) => key.split('/')[0]))], kinds);
    }
  });

  it('does not delete evidence that was stored again after it was listed', async () => {
    await evidence('came back');
    await aged.age(3);
    const listed = Object.create(aged.blobs, {
      head: { value: (key: string) => blobs.head(key) },
    }) as BlobStore;
    await prune(listed, RULES, { now: NOW });
    assert.deepEqual(await keysIn(blobs, 'evidence/'), await namedBlobs('came back'));
  });

  it('deletes the oldest closed incidents above maxBytes, never an open one, and says what it cannot reach', async () => {
    for (const [name, days] of [
      ['first', 20],
      ['second', 19],
      ['third', 18],
    ] as const) {
      await save(name, [name, 'shared'], name === 'first' ? { open: true } : {});
      await aged.age(days);
    }
    const { remaining } = await run();
    const report = await run({ maxBytes: remaining.bytes - 1 });
    assert.deepEqual(await incidents(), ['first', 'third']);
    assert.deepEqual(await keysIn(blobs, 'evidence/'), await namedBlobs('first', 'third', 'shared'));
    assert.equal(report.overBytes, 0);
    assert.deepEqual(Object.keys(report.byReason), ['incident beyond store.retention.maxBytes']);

    const { overBytes, remaining: left } = await run({ maxBytes: 1 });
    assert.deepEqual(await incidents(), ['first']);
    assert.equal(overBytes, left.bytes - 1);
    await isHealthy();
  });

  it('deletes nothing in a dry run, and reports what it would delete', async () => {
    await save('old', ['a', 'b']);
    await aged.age(100);
    const before = await keysIn(blobs);
    const planned = await run({}, { dryRun: true });
    assert.deepEqual(await keysIn(blobs), before);
    assert.deepEqual(await run(), planned);
  });

  it('may stop after any deletion without leaving a record whose evidence is gone', async () => {
    await save('old', ['a', 'shared']);
    await save('old', ['b', 'shared'], { revision: 2 });
    await aged.age(100);
    await save('young', ['shared']);
    for (let runs = 1; ; runs += 1) {
      const { deleted, postponed } = await run({}, { maxDeletions: 1 });
      assert.equal(deleted.objects, 1);
      await isHealthy();
      if (postponed === 0) break;
      assert.ok(runs < 20, 'it does not come to an end');
    }
    assert.deepEqual(await incidents(), ['young']);
  });

  it('runs once an hour, whichever of several workers is first', async () => {
    await save('old', ['a']);
    await aged.age(100);
    assert.equal(await lastRun(blobs), null);
    const workers = await Promise.all([1, 2, 3].map(() => runRetention(aged.blobs, RULES, { now: NOW })));
    const ran = workers.filter((report) => report !== null);
    assert.equal(ran.length, 1);
    assert.equal(ran[0]?.incidents, 1);
    assert.deepEqual((await lastRun(blobs))?.deleted, ran[0].deleted);
    assert.equal(await runRetention(aged.blobs, RULES, { now: NOW }), null);
    assert.notEqual(await runRetention(aged.blobs, RULES, { now: NOW + 3600 }), null);
    assert.equal((await lastRun(blobs))?.at, NOW + 3600);
  });

  // An S3 server refuses requests of a clock that runs ahead.
  if (kind === 'folder') {
    it('is run by a worker while it lives, again after a run that failed, until it is stopped', async () => {
      mock.timers.enable({ apis: ['setInterval', 'Date'], now: NOW * 1000 });
      const TEN_MINUTES = 600_000;
      let isAway = true;
      let listings = 0;
      const flaky = Object.create(aged.blobs, {
        list: {
          value: (prefix: string) => {
            listings += 1;
            if (isAway) throw new StoreError('the store is away');
            return aged.blobs.list(prefix);
          },
        },
      }) as BlobStore;
      const said: string[] = [];
      const say = (_what: unknown, text: string): number => said.push(text);
      /** Lets the worker's time pass until it has said so many lines. */
      const untilSaid = async (lines: number): Promise<void> => {
        while (said.length < lines) {
          mock.timers.tick(TEN_MINUTES);
          await sleep(10);
        }
      };
      try {
        await evidence('old');
        await aged.age(3);
        const worker = startRetention(flaky, RULES, { info: say, warn: say } as unknown as Logger);
        await untilSaid(1);
        assert.equal(said[0], 'retention stopped; it runs again next hour');
        isAway = false;
        await untilSaid(2);
        assert.equal(said[1], 'retention deleted old objects');
        assert.deepEqual(await keysIn(blobs, 'evidence/'), []);
        await worker.stop();
        const before = listings;
        mock.timers.tick(10 * TEN_MINUTES);
        await sleep(10);
        assert.equal(listings, before);
      } finally {
        mock.timers.reset();
      }
    });
  }

  it('is checked by verify, which finds damaged blobs, lost evidence and records that cannot be read', async () => {
    await save('a', ['damaged', 'lost', 'good']);
    await save('b', []);
    const [damaged, lost] = [await namedBlobs('damaged'), await namedBlobs('lost')];
    await blobs.put(damaged[0]!, Buffer.from('other'));
    await blobs.delete(lost[0]!);
    const unreadable = (await keysIn(blobs, 'records/b'))[0]!;
    await blobs.put(unreadable, Buffer.from('{'));
    const { checked, problems } = await verifyStore(blobs);
    assert.deepEqual(checked, { blobs: 2, records: 2 });
    const found = Object.fromEntries(
      problems.map(({ key, problem }) => [key.split('/')[0]! + key.at(8)!, problem]),
    );
    assert.equal(found[`evidence${damaged[0]!.at(8)}`], 'its content has another digest');
    assert.equal(found['recordsa'], `it names ${lost[0]}, which is not in the store`);
    assert.match(found['recordsb']!, /it is not JSON/);
  });
});
