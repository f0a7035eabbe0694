import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Anomaly } from '../../model/anomaly.js';
import { Alerts } from '../../workflows/alerts.js';
import { anAnomaly, T0 } from '../support/anomalies.js';

function opened(...anomalies: Anomaly[]) {
  const record: ConstructorParameters<typeof Alerts>[0] = {
    anomalies: [],
    unlisted: { firing: 0, resolved: 0 },
    severity: 'info',
  };
  const alerts = new Alerts(record);
  for (const anomaly of anomalies) alerts.take(anomaly);
  return { record, alerts };
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
  it('are listed up to some dozens, and counted from there on', () => {
    const { record } = opened(...storm(120));
    assert.equal(record.anomalies.length, 50);
    assert.deepEqual(record.unlisted, { firing: 70, resolved: 0 });
  });

  it('are known again, listed or not', () => {
    const all = storm(120);
    const { record, alerts } = opened(...all);
    for (const anomaly of all) assert.equal(alerts.take(anomaly), 'known');
    assert.deepEqual(record.unlisted, { firing: 70, resolved: 0 });
  });

  it('are quiet only when those that are counted have ended as well', () => {
    const all = storm(120);
    const { record, alerts } = opened(...all);
    for (const anomaly of all.slice(0, -1)) alerts.end(anomaly, T0 + 500);
    assert.equal(alerts.areQuiet(), false);
    alerts.end(all.at(-1) ?? assert.fail(), T0 + 500);
    assert.equal(alerts.areQuiet(), true);
    assert.deepEqual(record.unlisted, { firing: 0, resolved: 70 });
  });

  it('keep the one that opened the incident, then one of each service before a second of any', () => {
    const opening = anAnomaly({ severity: 'info', status: 'resolved' });
    const many = storm(100, (i) => ({ service: i < 90 ? 'loud' : `quiet-${i}`, severity: 'warning' }));
    const { record } = opened(opening, ...many);
    assert.equal(record.anomalies[0], opening);
    const services = new Set(record.anomalies.map(({ service }) => service));
    for (let i = 90; i < 100; i++) assert.ok(services.has(`quiet-${i}`), `quiet-${i}`);
  });

  it('prefer what fires, the worse and the earlier', () => {
    const ended = storm(49, (i) => ({ fingerprint: `ended-${i}`, status: 'resolved', service: `e-${i}` }));
    const { record, alerts } = opened(anAnomaly(), ...ended);
    const [mild, bad, late] = [
      anAnomaly({ fingerprint: 'mild', service: 'a', severity: 'warning' }),
      anAnomaly({ fingerprint: 'bad', service: 'b', startedAt: T0 + 10 }),
      anAnomaly({ fingerprint: 'late', service: 'c', startedAt: T0 + 20 }),
    ];
    for (const one of [mild, bad, late]) assert.equal(alerts.take(one), 'listed');
    assert.deepEqual(record.unlisted, { firing: 0, resolved: 3 });
    for (const one of storm(47, (i) => ({ fingerprint: `more-${i}`, service: `m-${i}`, startedAt: T0 + 5 })))
      alerts.take(one);
    assert.ok(record.anomalies.includes(bad));
    assert.ok(!record.anomalies.includes(mild), 'the milder goes first');
    assert.ok(record.anomalies.includes(late));
  });

  it('make the incident as severe as the worst that it ever had', () => {
    const { record } = opened(...storm(200, () => ({ severity: 'warning' })));
    assert.equal(record.severity, 'warning');
    const { record: worse } = opened(
      ...storm(200, (i) => ({ severity: i === 150 ? 'critical' : 'warning', service: 'one' })),
    );
    assert.equal(worse.severity, 'critical');
  });

  it('stay below a megabyte, and known, when the incident goes on after a storm of ten thousand', () => {
    const all = storm(10_000, (i) => ({ fingerprint: `${i}`.padStart(64, 'f') }));
    const { record, alerts } = opened(...all);
    const carried = JSON.stringify({ record, counted: alerts.snapshot() });
    assert.ok(carried.length < 500_000, `${carried.length} characters`);

    const next = JSON.parse(carried) as { record: typeof record; counted: ReturnType<Alerts['snapshot']> };
    const later = new Alerts(next.record, next.counted);
    for (const anomaly of all) assert.equal(later.take(anomaly), 'known');
    for (const anomaly of all) later.end(anomaly, T0 + 9000);
    assert.equal(later.areQuiet(), true);
  });

  it('count every episode once, whatever comes in whichever order, and however often the run goes on', () => {
    const event = fc.record({
      fingerprint: fc.integer({ min: 0, max: 90 }).map(String),
      service: fc.constantFrom('a', 'b', 'c'),
      severity: fc.constantFrom('critical' as const, 'warning' as const, 'info' as const),
      over: fc.boolean(),
      goesOn: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300, size: 'max' }), (events) => {
        const { record, alerts } = opened();
        let current = alerts;
        const firing = new Set<string>();
        const ended = new Set<string>();
        for (const { over, goesOn, ...one } of events) {
          const anomaly = anAnomaly(one);
          if (!over) {
            current.take(anomaly);
            if (!ended.has(one.fingerprint)) firing.add(one.fingerprint);
          } else {
            current.end(anomaly, T0 + 100);
            if (firing.delete(one.fingerprint)) ended.add(one.fingerprint);
          }
          if (goesOn) current = new Alerts(record, current.snapshot());
        }
        const listed = (status: Anomaly['status']) =>
          record.anomalies.filter((anomaly) => anomaly.status === status).length;
        assert.equal(listed('firing') + record.unlisted.firing, firing.size);
        assert.equal(listed('resolved') + record.unlisted.resolved, ended.size);
        assert.equal(current.areQuiet(), firing.size === 0);
        assert.ok(record.anomalies.length <= 50);
      }),
      { numRuns: 60 },
    );
  });
});
