import assert from 'node:assert/strict';
import { createEvidence } from '../../activities/record/evidence-store.js';
import { createRecords } from '../../activities/record/records.js';
import { faultline } from '../support/cli.js';
import { SAMPLES } from '../support/records.js';
import { testConfig } from '../support/scopes.js';
import { describeStores, keysIn } from '../support/stores.js';

describeStores('faultline store', (store) => {
  const DAY = 86_400;
  let now: number;

  function run(...args: string[]) {
    const { followUp } = testConfig();
    const settings = { environment: 'production', temporal: {}, store: store().config, followUp };
    return faultline(['store', ...args], { now: () => now, loadSettings: () => Promise.resolve(settings) });
  }

  beforeEach(async () => {
    now = Date.now() / 1000;
    const { blobs } = store();
    const ref = await createEvidence(blobs).put([], 'nothing');
    const record = { ...SAMPLES.resolved(), evidence: [ref] };
    const makePage = () => Promise.resolve('a page');
    await createRecords({ blobs, makePage }).saveRecord({ record });
  });

  it('usage shows what the store holds, by kind', async () => {
    const { code, out } = await run('usage');
    assert.equal(code, 0);
    const [place, incidents, , ...rows] = out.split('\n');
    assert.match(place!, new RegExp(`^${store().blobs.description} \\(id [0-9a-f]{8}\\)$`));
    assert.match(incidents!, /^1 incident, last written .* UTC$/);
    assert.match(rows[0]!, /^ {2}evidence +1 +\d+ B$/);
    assert.match(out, /\n {2}total +5 +[\d.]+ KiB\n/);
    assert.match(out, /Retention: 90 days, at most 20 GiB; no worker ran it in the last day\n$/);
    const answer = JSON.parse((await run('usage', '--json')).out) as Record<string, unknown>;
    assert.deepEqual(Object.keys(answer), [
      ...['store', 'id', 'incidents', 'kinds', 'total', 'retention', 'lastRun'],
    ]);
  });

  it('prune deletes what is too old, and only shows it with --dry-run', async () => {
    now += 100 * DAY;
    const shown = await run('prune', '--dry-run');
    assert.match(shown.out, /^Would delete 4 objects \(.*\), 1 incident whole\n/);
    assert.match(shown.out, /\n {2}incident older than store\.retention\.days: 3 objects/);
    assert.equal((await keysIn(store().blobs)).length, 5);
    const done = JSON.parse((await run('prune', '--json')).out) as Record<string, unknown>;
    assert.equal(done['dryRun'], false);
    assert.equal(done['incidents'], 1);
    assert.deepEqual(await keysIn(store().blobs), ['store.json']);
  });

  it('verify ends with 1 when something is damaged, and names it', async () => {
    const good = await run('verify');
    assert.deepEqual([good.code, good.out], [0, 'Read 1 blobs and 1 records: all are as they were stored\n']);
    const { blobs } = store();
    const [key] = await keysIn(blobs, 'evidence/');
    await blobs.put(key!, Buffer.from('x'));
    const bad = await run('verify');
    assert.equal(bad.code, 1);
    assert.equal(
      bad.out,
      `Read 1 blobs and 1 records: 1 problems\n  ${key}: its content has another digest\n`,
    );
    assert.equal((await run('verify', '--json')).code, 1);
  });
});
