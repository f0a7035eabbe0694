import assert from 'node:assert/strict';
import {
  MAX_REPORTED,
  reportedChangesIn,
  type ReportedQuestion,
} from '../../activities/collect/changes/reported-changes.js';
import { OutOfTime } from '../../activities/collect/metrics/source/errors.js';
import { ServiceNames } from '../../activities/collect/scope/service-names.js';
import { prune, retentionRules } from '../../activities/record/retention.js';
import type { ReportedChange } from '../../model/change.js';
import { NO_LIMITS, testConfig } from '../support/scopes.js';
import { describeStores, keysIn } from '../support/stores.js';

const ALERT = Date.UTC(2026, 10, 24, 0, 20) / 1000;
const WINDOW = { from: ALERT - 3600, to: ALERT + 600, alertTime: ALERT };
const NOTHING = { changes: [], gaps: [] };

const told = (more: Partial<ReportedChange> = {}): ReportedChange => ({
  ...{ id: 'c1', kind: 'deploy', time: ALERT - 300, service: 'checkout', title: 'checkout 2', details: '' },
  ...{ files: [], author: null, link: null, source: 'ci', environment: null, ...more },
});

const question = (more: Partial<ReportedQuestion> = {}): ReportedQuestion => ({
  window: WINDOW,
  environment: 'production',
  names: new ServiceNames(['checkout', 'shop/payment']),
  ...more,
});

describeStores('reported changes', (store) => {
  it('are found by day, service and time, on both sides of midnight, beside those of no single service', async () => {
    const reported = reportedChangesIn(store().blobs);
    await reported.keep([
      told({ id: 'before-midnight', time: ALERT - 1800 }),
      told({ id: 'other-spelling', service: 'Payment Service' }),
      told({ id: 'of-all', service: null }),
      told({ id: 'of-another', service: 'billing' }),
      told({ id: 'too-early', time: ALERT - 7200 }),
      told({ id: 'ten-days-ago', time: ALERT - 10 * 86_400 }),
    ]);
    const { changes, gaps } = await reported.read(question(), NO_LIMITS);
    assert.deepEqual(gaps, []);
    assert.deepEqual(changes.map(({ id }) => id).sort(), ['before-midnight', 'of-all', 'other-spelling']);
    assert.equal('environment' in changes[0]!, false);
  });

  it('stay as they were told first, however often they are told, also when the first time broke off', async () => {
    const { blobs } = store();
    const reported = reportedChangesIn(blobs);
    await reported.keep([told()]);
    for (const key of await keysIn(blobs, 'changes/days/')) await blobs.delete(key);
    assert.deepEqual(await reported.read(question(), NO_LIMITS), NOTHING);
    await reported.keep([told({ time: ALERT - 10, title: 'told again' })]);
    await reported.keep([told({ time: ALERT - 5, title: 'and again' })]);
    const { changes } = await reported.read(question(), NO_LIMITS);
    assert.deepEqual(
      changes.map(({ title, time }) => [title, time]),
      [['checkout 2', ALERT - 300]],
    );
  });

  it('are another change in another environment, of another service and of another source', async () => {
    const reported = reportedChangesIn(store().blobs);
    await reported.keep([
      told({ environment: 'staging' }),
      told({ environment: 'production' }),
      told({ service: 'payment' }),
      told({ source: 'flags' }),
    ]);
    const { changes } = await reported.read(question(), NO_LIMITS);
    assert.deepEqual(changes.map(({ service, source }) => [service, source]).sort(), [
      ['checkout', 'ci'],
      ['checkout', 'flags'],
      ['payment', 'ci'],
    ]);
  });

  it('keep no secret, and no more text than a record holds', async () => {
    const { blobs } = store();
    const reported = reportedChangesIn(blobs);
    const details = `password=hunter2hunter2 ${'x'.repeat(20_000)}`;
    await reported.keep([told({ details, title: 'rotate ghp_0123456789012345678901234567890123456' })]);
    const { changes } = await reported.read(question(), NO_LIMITS);
    assert.equal(changes[0]!.details.length, 4_000);
    const bytes = await Promise.all((await keysIn(blobs)).map((key) => blobs.get(key)));
    assert.doesNotMatch(Buffer.concat(bytes.filter((one) => one !== null)).toString(), /hunter2|ghp_/);
  });

  it('keep no half of a secret, where a text is cut for its length', async () => {
    const { blobs } = store();
    const reported = reportedChangesIn(blobs);
    // Masking makes so much shorter that the end of what was looked at would be kept.
    const key = `-----BEGIN RSA PRIVATE KEY-----${'k'.repeat(15_800)}-----END RSA PRIVATE KEY-----`;
    await reported.keep([told({ details: `${key} ${'x'.repeat(40)} ghp_${'s'.repeat(16_000)}` })]);
    const { changes } = await reported.read(question(), NO_LIMITS);
    assert.doesNotMatch(changes[0]!.details, /kkkk|ghp_/);
  });

  it('take any name of a service', async () => {
    const reported = reportedChangesIn(store().blobs);
    for (const service of ['../../etc', 'ümlaut/ß', '.', 'a'.repeat(120), '漢'.repeat(120), '_%41']) {
      const names = new ServiceNames([service]);
      await reported.keep([told({ id: service, service })]);
      const { changes } = await reported.read(question({ names }), NO_LIMITS);
      assert.ok(
        changes.some((one) => one.service === service),
        service,
      );
    }
  });

  it('reads those nearest to the alert of too many, and says how many are left out', async () => {
    const reported = reportedChangesIn(store().blobs);
    const many = Array.from({ length: MAX_REPORTED + 5 }, (_, i) =>
      told({ id: `c${i}`, time: ALERT - 10 * i }),
    );
    await reported.keep(many);
    const { changes, gaps } = await reported.read(question(), NO_LIMITS);
    assert.equal(changes.length, MAX_REPORTED);
    assert.equal(Math.min(...changes.map(({ time }) => time)), ALERT - 10 * (MAX_REPORTED - 1));
    assert.deepEqual(
      gaps.map(({ what }) => what),
      [`5 of ${MAX_REPORTED + 5} changes`],
    );
  });

  it('are a gap when there is no time left for them', async () => {
    const reported = reportedChangesIn(store().blobs);
    await reported.keep([told()]);
    const signal = AbortSignal.abort(new OutOfTime(90, 'diagnosis.sourceTimeoutSeconds'));
    const { changes, gaps } = await reported.read(question(), { signal });
    assert.deepEqual(changes, []);
    assert.match(gaps[0]!.reason, /no time left/);
  });

  it('go after the days of retention', async () => {
    const { blobs } = store();
    const reported = reportedChangesIn(blobs);
    await reported.keep([told()]);
    const rules = { ...retentionRules(testConfig()), maxBytes: 0 };
    const now = Date.now() / 1000;
    assert.equal((await prune(blobs, rules, { now: now + 89 * 86_400 })).deleted.objects, 0);
    const { byReason } = await prune(blobs, rules, { now: now + 91 * 86_400 });
    assert.equal(byReason['change older than store.retention.days']?.objects, 2);
    assert.deepEqual(await keysIn(blobs, 'changes/'), []);
  });
});

describe('reported changes of a store that cannot be read', () => {
  it('are a gap', async () => {
    const { openBlobs } = await import('../../activities/record/open-store.js');
    const reported = reportedChangesIn(openBlobs({ directory: '/dev/null/store', publicReports: false }));
    const { changes, gaps } = await reported.read(question(), NO_LIMITS);
    assert.deepEqual(changes, []);
    assert.match(gaps[0]!.reason, /store\.directory/);
  });
});
