import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import { AlertBook, areResolved, NO_ALERTS, type AlertList } from '../../workflows/incident/alerts.js';
import { anAnomaly, T0 } from '../support/anomalies.js';

function listOf(...anomalies: Anomaly[]): AlertList {
  return added(NO_ALERTS, anomalies);
}
function added(alerts: AlertList, anomalies: Anomaly[]): AlertList {
  const book = new AlertBook(alerts);
  for (const anomaly of anomalies) book.take(anomaly);
  return book.list();
}
function after(alerts: AlertList, over: Anomaly[]): AlertList {
  const book = new AlertBook(alerts);
  for (const anomaly of over) book.resolve(anomaly, T0 + 500);
  return book.list();
}
function assertKnown(alerts: AlertList, anomalies: Anomaly[]): void {
  const book = new AlertBook(alerts);
  for (const anomaly of anomalies) assert.equal(book.take(anomaly), 'known');
}

/** So many alerts of 300 services, a second after each other. */
function storm(count: number, differences: (i: number) => Partial<Anomaly> = () => ({})): Anomaly[] {
  return Array.from({ length: count }, (_, i) =>
    anAnomaly({
      fingerprint: `alert-${i}`,
      startedAt: T0 + i,
      service: `service-${i % 300}`,
      ...differences(i),
    }),
  );
}

describe('the alerts of an incident', () => {
  it('are listed up to some dozens, counted from there on, and known again either way', () => {
    const all = storm(120);
    const alerts = listOf(...all);
    assert.equal(alerts.listed.length, 50);
    assert.deepEqual(alerts.unlisted, { firing: 70, resolved: 0 });
    assertKnown(alerts, all);
  });

  it('are resolved only when those that are counted have ended as well', () => {
    const all = storm(120);
    const almost = after(listOf(...all), all.slice(0, -1));
    assert.equal(areResolved(almost), false);
    const over = after(almost, all.slice(-1));
    assert.equal(areResolved(over), true);
    assert.deepEqual(over.unlisted, { firing: 0, resolved: 70 });
  });

  it('keep the one that opened the incident, then one of each service before a second of any', () => {
    const opening = anAnomaly({ severity: 'info', status: 'resolved' });
    const many = storm(100, (i) => ({ service: i < 90 ? 'loud' : `rare-${i}`, severity: 'warning' }));
    const { listed } = listOf(opening, ...many);
    assert.equal(listed[0], opening);
    const services = new Set(listed.map(({ service }) => service));
    for (let i = 90; i < 100; i++) assert.ok(services.has(`rare-${i}`), `rare-${i}`);
  });

  it('prefer what fires, the worse and the earlier', () => {
    const ended = storm(49, (i) => ({ fingerprint: `ended-${i}`, status: 'resolved', service: `e-${i}` }));
    const [mild, bad, late] = [
      anAnomaly({ fingerprint: 'mild', service: 'a', severity: 'warning' }),
      anAnomaly({ fingerprint: 'bad', service: 'b', startedAt: T0 + 10 }),
      anAnomaly({ fingerprint: 'late', service: 'c', startedAt: T0 + 20 }),
    ];
    const full = listOf(anAnomaly(), ...ended, mild, bad, late);
    assert.deepEqual(full.unlisted, { firing: 0, resolved: 3 });
    const more = storm(47, (i) => ({ fingerprint: `more-${i}`, service: `m-${i}`, startedAt: T0 + 5 }));
    const { listed } = added(full, more);
    assert.ok(listed.includes(bad));
    assert.ok(!listed.includes(mild), 'the milder goes first');
    assert.ok(listed.includes(late));
  });

  it('are kept within 8 KiB each, texts first', () => {
    const fat = anAnomaly({ annotations: { summary: '警'.repeat(4_000) }, labels: { pod: 'a' } });
    const [listed] = listOf(fat).listed;
    assert.ok(jsonBytes(listed) <= 8 * 1024);
    assert.deepEqual([listed?.annotations, listed?.labels], [{}, { pod: 'a' }]);
  });

  it('take a service named like a part of every object for a service', () => {
    const all = storm(70, () => ({ service: 'constructor' }));
    const alerts = listOf(...all);
    assert.deepEqual(alerts.unlisted, { firing: 20, resolved: 0 });
    assert.equal(areResolved(after(alerts, all)), true);
  });

  it('stay below half a megabyte, and known, in a storm of ten thousand', () => {
    const all = storm(10_000, (i) => ({ fingerprint: `${i}`.padStart(64, 'f') }));
    const carried = JSON.stringify(listOf(...all));
    assert.ok(carried.length < 500_000, `${carried.length} characters`);
    const later = JSON.parse(carried) as AlertList;
    assertKnown(later, all);
    assert.equal(areResolved(after(later, all)), true);
  });

  it('count every episode once, whatever comes in whichever order', () => {
    const event = fc.record({
      fingerprint: fc.integer({ min: 0, max: 90 }).map(String),
      service: fc.constantFrom('a', 'b', 'c'),
      severity: fc.constantFrom('critical' as const, 'warning' as const, 'info' as const),
      over: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300, size: 'max' }), (events) => {
        let alerts = NO_ALERTS;
        const apply = (change: (book: AlertBook) => unknown) => {
          const book = new AlertBook(alerts);
          change(book);
          alerts = book.list();
        };
        const [firing, ended, early] = [new Set<string>(), new Set<string>(), new Set<string>()];
        for (const { over, ...one } of events) {
          const { fingerprint: id } = one;
          if (over) {
            apply((book) => book.resolve(anAnomaly(one), T0 + 100));
            if (firing.delete(id)) ended.add(id);
            else if (!ended.has(id)) early.add(id);
          } else {
            apply((book) => book.take(anAnomaly(one)));
            // The end of an episode may come before it does.
            if (early.delete(id)) ended.add(id);
            else if (!ended.has(id)) firing.add(id);
          }
        }
        const listed = (status: Anomaly['status']) =>
          alerts.listed.filter((anomaly) => anomaly.status === status).length;
        assert.equal(listed('firing') + alerts.unlisted.firing, firing.size);
        assert.equal(listed('resolved') + alerts.unlisted.resolved, ended.size);
        assert.equal(areResolved(alerts), firing.size === 0);
        assert.equal(Object.keys(alerts.resolvedBeforeSeen).length, early.size);
        assert.ok(alerts.listed.length <= 50);
      }),
      { numRuns: 60 },
    );
  });
});
