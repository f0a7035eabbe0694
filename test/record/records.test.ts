import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FolderStore } from '../../activities/record/evidence-store.js';
import { startPageThread } from '../../activities/record/page.js';
import { createRecords } from '../../activities/record/records.js';
import { configSchema } from '../../config/schema.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import { namedSeries } from '../../report/page/named-series.js';
import { faultline } from '../support/cli.js';
import { SAMPLES } from '../support/records.js';

const FOLDER = 'checkout--20261124-1042-0a1b2c';

describe('the page beside the report', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'faultline-records-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const pageFile = () => path.join(directory, 'incidents', FOLDER, 'report.html');
  const page = () => readFile(pageFile(), 'utf8');
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
    const ref = await new FolderStore(directory).put([...series, other], 'latency and resources');
    return { ...record, evidence: [ref] };
  }

  it('is written with plots of the stored series that the record names, and of no others', async () => {
    const record = await storedRecord();
    const saved = await createRecords({ directory }).saveRecord({ record });
    assert.equal(plotsIn(await page()), namedSeries(record).named.length);
    assert.ok(!(await page()).includes('bystander'));
    assert.equal(saved.reportUrl, null);
  });

  it('is written without plots, and says why, when the evidence is gone or damaged', async () => {
    const record = await storedRecord();
    const [file] = (await readdir(path.join(directory, 'evidence'), { recursive: true })).filter((name) =>
      name.endsWith('.evidence'),
    );
    const blob = path.join(directory, 'evidence', file!);
    await writeFile(blob, 'something else');
    await createRecords({ directory }).saveRecord({ record });
    assert.match(await page(), /No plots: the stored 5 series of latency and resources are damaged\./);
    await rm(blob);
    await createRecords({ directory }).saveRecord({ record });
    assert.match(
      await page(),
      /No plots: the stored 5 series of latency and resources are not in this store any more\./,
    );
    assert.match(await page(), /kubectl rollout restart deployment\/payment/);
  });

  it('is written without plots when they cannot be drawn: a summary is not held up', async () => {
    const records = createRecords({ directory, makePage: () => Promise.reject(new Error('out of memory')) });
    const { uri } = await records.saveRecord({ record: await storedRecord() });
    assert.match(await page(), /No plots: they could not be drawn \(out of memory\)\./);
    assert.equal((await records.loadRecord(uri)).revision, 1);
  });

  it('is linked where the store is served, whatever slash the address ends with', async () => {
    const record = await storedRecord();
    for (const reportsUrl of ['https://reports.example/i', 'https://reports.example/i/']) {
      const { reportUrl } = await createRecords({ directory, reportsUrl }).saveRecord({ record });
      assert.equal(reportUrl, `https://reports.example/i/${FOLDER}/report.html`);
    }
  });

  /** Plot moves lines by half a pixel where it finds mocha's globals, which the thread has not. */
  const withoutOffsets = (html: string) => html.replace(/ transform="[^"]*"/g, '');

  it('is the same when a thread draws it', async () => {
    const record = await storedRecord();
    await createRecords({ directory }).saveRecord({ record });
    const here = await page();
    const thread = startPageThread(directory);
    try {
      await createRecords({ directory, makePage: thread.make }).saveRecord({ record });
    } finally {
      await thread.close();
    }
    assert.equal(withoutOffsets(await page()), withoutOffsets(here));
  });

  describe('made again by `faultline report`', () => {
    function run(...args: string[]) {
      const config = configSchema.parse({
        metrics: { type: 'prometheus', url: 'http://unused' },
        store: { directory },
      });
      const settings = { environment: 'production', temporal: {}, config };
      return faultline(['report', ...args], { loadSettings: () => Promise.resolve(settings) });
    }

    beforeEach(async () => {
      await createRecords({ directory }).saveRecord({ record: await storedRecord() });
    });

    it('is what it was, whether the incident is named whole or in part', async () => {
      const before = await page();
      for (const name of [
        'incident/checkout/20261124-1042-0a1b2c',
        'checkout/20261124-1042-0a1b2c',
        '0a1b2c',
      ]) {
        await rm(pageFile());
        const { code, out } = await run(name);
        assert.equal(code, 0);
        assert.match(out, new RegExp(`${FOLDER}/report\\.html\\n$`));
        assert.equal(await page(), before, name);
      }
    });

    it('goes where it is asked to go', async () => {
      const file = path.join(directory, 'elsewhere.html');
      const { code, out } = await run('0a1b2c', '--output', file, '--json');
      assert.equal(code, 0);
      const size = (await readFile(file)).byteLength;
      assert.deepEqual(JSON.parse(out), { id: 'incident/checkout/20261124-1042-0a1b2c', file, bytes: size });
      assert.match((await run('0a1b2c', '--output', '-')).out, /^<!doctype html>/);
      const refused = await run('0a1b2c', '--output', path.join(directory, 'absent', 'page.html'));
      assert.equal(refused.code, 2);
      assert.match(refused.err, /^error: --output: there is no file or folder .*page\.html; check the path/);
    });

    it('says when no incident or several go by a name', async () => {
      const record = await storedRecord();
      const other = { ...record, id: 'incident/checkout/20261124-1100-ffffff' };
      await createRecords({ directory }).saveRecord({ record: other });
      const none = await run('no-such');
      assert.equal(none.code, 3);
      assert.match(none.err, /There is no incident "no-such" in /);
      const several = await run('checkout');
      assert.equal(several.code, 2);
      assert.match(several.err, /"checkout" fits several incidents: .*0a1b2c, .*ffffff/);
    });
  });
});
