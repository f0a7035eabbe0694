import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BlobStore } from '../../activities/record/blob-store.js';
import { createEvidence } from '../../activities/record/evidence-store.js';
import { startPageThread } from '../../activities/record/page.js';
import { createRecords } from '../../activities/record/records.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import { namedSeries } from '../../report/page/named-series.js';
import { faultline } from '../support/cli.js';
import { SAMPLES } from '../support/records.js';
import { describeStores, keysIn } from '../support/stores.js';

const FOLDER = 'checkout--20261124-1042-0a1b2c';
const PAGE = `incidents/${FOLDER}/report.html`;

const suspected = SAMPLES['suspected pool saturation'];
const confirmed = SAMPLES['confirmed bad deploy'];

/** A revision of the incident; its text is that of the sample. */
const revision = (number: number, more: Partial<IncidentRecord> = {}): IncidentRecord => {
  const { id, runId, timings } = suspected();
  return { ...(number === 1 ? suspected() : confirmed()), id, runId, timings, revision: number, ...more };
};

describeStores('records', (store) => {
  let blobs: BlobStore;
  beforeEach(() => {
    ({ blobs } = store());
  });

  const save = (record: IncidentRecord, into = blobs) =>
    createRecords({ blobs: into }).saveRecord({ record });
  const newest = () => createRecords({ blobs }).find(suspected().id);
  const report = async () => String(await blobs.get(`incidents/${FOLDER}/report.md`));

  it('are kept as revisions; the newest is found, and its report is the one that is shown', async () => {
    const first = await save(revision(1));
    const second = await save(revision(2));
    const shown = await report();
    // As an activity does whose first attempt was slow.
    assert.deepEqual(await save(revision(1)), first);
    assert.equal((await newest())?.revision, 2);
    assert.equal(await report(), shown);
    const records = createRecords({ blobs });
    assert.equal((await records.loadRecord(first.uri)).revision, 1);
    assert.equal((await records.loadRecord(second.uri)).revision, 2);
    assert.equal(first.reportPath, `incidents/${FOLDER}/report.md`);
  });

  it('of a run that came later are newer, although it counts from one again', async () => {
    const { timings } = suspected();
    await save(revision(5));
    const again = { ...timings, openedAt: timings.openedAt + 60 };
    await save(revision(1, { runId: 'ffffffff-0000-4000-8000-000000000000', timings: again }));
    await save(revision(6));
    assert.equal((await newest())?.revision, 1);
  });

  it('that a slow worker writes do not replace the report of a newer one', async () => {
    const before = await save(revision(1)).then(report);
    let goOn = (): void => undefined;
    const wait = new Promise<void>((resolve) => (goOn = resolve));
    let isWaiting = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (isWaiting = resolve));
    const slow: BlobStore = Object.create(blobs, {
      put: {
        value: async (...args: Parameters<BlobStore['put']>) => {
          if (args[0].endsWith('report.md')) {
            isWaiting();
            await wait;
          }
          return blobs.put(...args);
        },
      },
    }) as BlobStore;
    const late = save(revision(2, { ...suspected(), revision: 2 }), slow);
    await waiting;
    await save(revision(3));
    const expected = await report();
    assert.notEqual(expected, before);
    goOn();
    await late;
    assert.equal(await report(), expected);
  });

  it('that could not be read again are refused before anything is written, and stop no later revision', async () => {
    const wrong = revision(1, { scope: { ...suspected().scope!, anomalyTime: -3600 } });
    await assert.rejects(save(wrong), {
      name: 'ApplicationFailure',
      type: 'RecordInvalid',
      nonRetryable: true,
      message: /^record record\/checkout--.*\/r1: scope\.anomalyTime: .*; the record was not saved$/,
    });
    assert.deepEqual(await keysIn(blobs), []);
    await save(revision(2));
    assert.equal((await newest())?.revision, 2);
  });

  it('that cannot be read count as none', async () => {
    await save(revision(1));
    await save(revision(2));
    const [, key] = await keysIn(blobs, `records/${FOLDER}/`);
    await blobs.put(key!, Buffer.from('{"schemaVersion": "0"}'));
    assert.equal((await newest())?.revision, 1);
    const { uri } = await save(revision(3));
    assert.equal((await newest())?.revision, 3);
    await assert.rejects(createRecords({ blobs }).loadRecord(uri.replace('r3', 'r2')), {
      name: 'RecordUnreadable',
    });
    await assert.rejects(createRecords({ blobs }).loadRecord(uri.replace('r3', 'r4')), {
      name: 'RecordMissing',
      message: new RegExp(`not in this store \\(${blobs.description}\\)`),
    });
  });
});

describeStores('the page beside the report', (store) => {
  let blobs: BlobStore;
  beforeEach(() => {
    ({ blobs } = store());
  });

  const page = async () => String(await blobs.get(PAGE));
  const plotsIn = (html: string) => html.match(/<figure class="plot">/g)?.length ?? 0;

  /** A record whose evidence is stored, as a diagnosis leaves it. */
  async function storedRecord(): Promise<IncidentRecord> {
    const record = SAMPLES['suspected pool saturation']();
    const { window } = record.diagnosis!;
    const times = Float64Array.from({ length: 240 }, (_, step) => window.start + 15 * step);
    const series = namedSeries(record).named.map(({ meta }): Series => ({
      ...meta,
      times,
      values: times.map(() => 1),
    }));
    const other = { ...series[0]!, id: 'bystander/latency-p95' };
    const ref = await createEvidence(blobs).put([...series, other], 'latency and resources');
    return { ...record, evidence: [ref] };
  }

  it('is written with plots of the stored series that the record names, and of no others', async () => {
    const record = await storedRecord();
    const saved = await createRecords({ blobs }).saveRecord({ record });
    assert.equal(plotsIn(await page()), namedSeries(record).named.length);
    assert.ok(!(await page()).includes('bystander'));
    assert.equal(saved.reportUrl, null);
  });

  it('is written without plots, and says why, when the evidence is gone or damaged', async () => {
    const record = await storedRecord();
    const [key] = await keysIn(blobs, 'evidence/');
    await blobs.put(key!, Buffer.from('something else'));
    await createRecords({ blobs }).saveRecord({ record });
    assert.match(await page(), /No plots: the stored 5 series of latency and resources are damaged\./);
    await blobs.delete(key!);
    await createRecords({ blobs }).saveRecord({ record });
    assert.match(
      await page(),
      /No plots: the stored 5 series of latency and resources are not in this store any more\./,
    );
    assert.match(await page(), /kubectl rollout restart deployment\/payment/);
  });

  it('is written without plots when they cannot be drawn: a summary is not held up', async () => {
    const records = createRecords({ blobs, makePage: () => Promise.reject(new Error('out of memory')) });
    const { uri } = await records.saveRecord({ record: await storedRecord() });
    assert.match(await page(), /No plots: they could not be drawn \(out of memory\)\./);
    assert.equal((await records.loadRecord(uri)).revision, 1);
  });

  it('is linked where the store is served, whatever slash the address ends with', async () => {
    const record = await storedRecord();
    for (const reportsUrl of ['https://reports.example/i', 'https://reports.example/i/']) {
      const { reportUrl } = await createRecords({ blobs, reportsUrl }).saveRecord({ record });
      assert.equal(reportUrl, `https://reports.example/i/${FOLDER}/report.html`);
    }
  });

  /** Plot moves lines by half a pixel where it finds mocha's globals, which the thread has not. */
  const withoutOffsets = (html: string) => html.replace(/ transform="[^"]*"/g, '');

  it('is the same when a thread draws it', async () => {
    const record = await storedRecord();
    await createRecords({ blobs }).saveRecord({ record });
    const here = await page();
    const thread = startPageThread(store().config, 100_000);
    try {
      await createRecords({ blobs, makePage: thread.make }).saveRecord({ record });
    } finally {
      await thread.close();
    }
    assert.equal(withoutOffsets(await page()), withoutOffsets(here));
  });

  describe('made again by `faultline report`', () => {
    function run(...args: string[]) {
      const settings = { environment: 'production', temporal: {}, store: store().config };
      return faultline(['report', ...args], { loadSettings: () => Promise.resolve(settings) });
    }

    beforeEach(async () => {
      await createRecords({ blobs }).saveRecord({ record: await storedRecord() });
    });

    it('is what it was, whether the incident is named whole or in part', async () => {
      const before = await page();
      for (const name of [
        'incident/checkout/20261124-1042-0a1b2c',
        'checkout/20261124-1042-0a1b2c',
        '0a1b2c',
      ]) {
        await blobs.delete(PAGE);
        const { code, out } = await run(name);
        assert.equal(code, 0);
        assert.equal(out, `${blobs.locationOf(PAGE)}\n`);
        assert.equal(await page(), before, name);
      }
    });

    it('goes where it is asked to go', async () => {
      const file = path.join(store().directory, '..', 'elsewhere.html');
      const { code, out } = await run('0a1b2c', '--output', file, '--json');
      assert.equal(code, 0);
      const size = (await readFile(file)).byteLength;
      assert.deepEqual(JSON.parse(out), { id: 'incident/checkout/20261124-1042-0a1b2c', file, bytes: size });
      assert.match((await run('0a1b2c', '--output', '-')).out, /^<!doctype html>/);
      const refused = await run('0a1b2c', '--output', path.join(store().directory, 'absent', 'page.html'));
      assert.equal(refused.code, 2);
      assert.match(refused.err, /^error: --output: there is no file or folder .*page\.html; check the path/);
    });

    it('says when no incident or several go by a name', async () => {
      const record = await storedRecord();
      const other = { ...record, id: 'incident/checkout/20261124-1100-ffffff' };
      await createRecords({ blobs }).saveRecord({ record: other });
      const none = await run('no-such');
      assert.equal(none.code, 3);
      assert.match(none.err, /There is no incident "no-such" in /);
      const several = await run('checkout');
      assert.equal(several.code, 2);
      assert.match(several.err, /"checkout" fits several incidents: .*0a1b2c, .*ffffff/);
    });
  });
});
