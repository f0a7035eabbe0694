import assert from 'node:assert/strict';
import type { Anomaly } from '../../model/anomaly.js';
import { anAnomaly } from '../support/anomalies.js';
import { PLAIN_POLICY, TriageDesk } from '../support/triage-desk.js';

describe('one service in triage', () => {
  /** Alerts of a service, each of a source group of its own. */
  const alertsOf = (...services: Partial<Anomaly>[]): Anomaly[] =>
    services.map((one, i) => anAnomaly({ fingerprint: `f${i}`, group: `group${i}`, ...one }));
  const openServices = (desk: TriageDesk): string[][] =>
    [...desk.state.open.values()].map(({ services }) => [...services.keys()]);

  const SPELLINGS: Partial<Anomaly>[] = [
    { service: 'payment-service' },
    { service: 'payment', namespace: 'shop' },
    { service: 'Payment' },
    { service: 'payment' },
    { service: 'Payment API' },
  ];

  it('is one incident under its plainest name, in whatever order its spellings come', () => {
    for (let turn = 0; turn < SPELLINGS.length; turn++) {
      const desk = new TriageDesk();
      desk.raise(...alertsOf(...SPELLINGS.slice(turn), ...SPELLINGS.slice(0, turn)));
      const [incident, ...others] = desk.state.open.values();
      assert.deepEqual(others, []);
      assert.match(incident?.id ?? '', /^incident\/payment\//);
      assert.deepEqual(openServices(desk), [['payment']]);
      const alerts = desk.alertsOf(incident?.id ?? '');
      assert.deepEqual([...new Set(alerts.map(({ service }) => service))], ['payment']);
    }
  });

  it('is told by its other spelling why an alert joined it', () => {
    const desk = new TriageDesk();
    desk.raise(...alertsOf({ service: 'payment' }));
    desk.raise(anAnomaly({ fingerprint: 'x', group: 'other', service: 'payment-service' }));
    const [incident] = desk.state.open.values();
    assert.deepEqual(
      desk.alertsOf(incident?.id ?? '').map(({ joined }) => joined),
      [undefined, 'also of payment, here written payment-service'],
    );
  });

  it('is called the same by the end of an alert as by its beginning', () => {
    const desk = new TriageDesk();
    desk.raise(...alertsOf({ service: 'payment' }, { service: 'payment-service' }));
    const [incident] = desk.state.open.values();
    desk.raise(
      anAnomaly({ fingerprint: 'f1', group: 'group1', service: 'payment-service', status: 'resolved' }),
    );
    const [end] = desk.alertsOf(incident?.id ?? '', 'resolved');
    assert.deepEqual([end?.fingerprint, end?.service], ['f1', 'payment']);
    const split = desk.ask({
      kind: 'split',
      split: { from: incident?.id ?? '', service: 'payment', by: 'ann' },
    });
    assert.ok(split && 'refused' in split, 'it is the only service of its incident');
  });

  it('is two when alerts say that it is in two namespaces or clusters', () => {
    for (const [a, b] of [
      [{ namespace: 'shop-prod' }, { namespace: 'shop-staging' }],
      [{ cluster: 'eu-1' }, { cluster: 'us-1' }],
    ] as const) {
      for (const atOnce of [true, false]) {
        const desk = new TriageDesk();
        const alerts = alertsOf({ service: 'payment', ...a }, { service: 'payment', ...b });
        if (atOnce) desk.raise(...alerts);
        else for (const one of alerts) desk.raise(one);
        desk.continueAsNew();
        desk.raise(anAnomaly({ fingerprint: 'again', group: 'more', service: 'payment-svc', ...b }));
        assert.equal(desk.state.open.size, 2);
        assert.equal(desk.incidentsOf('again')[0], desk.incidentsOf('f1')[0]);
      }
    }
  });

  it('is neither of two in different namespaces when the alert does not say which', () => {
    const desk = new TriageDesk();
    desk.raise(
      ...alertsOf(
        { service: 'payment', namespace: 'a' },
        { service: 'payment', namespace: 'b' },
        { service: 'payment' },
      ),
    );
    assert.equal(desk.state.open.size, 3);
  });

  it('is never another service, however alike their names are', () => {
    const desk = new TriageDesk();
    desk.raise(
      ...['payment', 'payment-db', 'payment-api', 'payments', 'orders', 'orders-worker'].map((service) =>
        anAnomaly({ fingerprint: service, group: service, service }),
      ),
    );
    assert.equal(desk.state.open.size, 6);
  });

  it('is another when metrics or configuration have both names', () => {
    const desk = new TriageDesk();
    desk.policy = { ...PLAIN_POLICY, apart: ['mail', 'mail-service'] };
    desk.raise(...alertsOf({ service: 'mail' }, { service: 'mail-service' }));
    assert.deepEqual(openServices(desk), [['mail'], ['mail-service']]);
  });

  it('keeps its incident within its bytes, whatever namespaces its alerts name', () => {
    const desk = new TriageDesk();
    for (let i = 0; i < 30; i++) {
      desk.raise(anAnomaly({ fingerprint: `f${i}`, group: 'one', service: 'payment', namespace: `n${i}` }));
    }
    const [incident] = desk.state.open.values();
    assert.deepEqual(
      incident?.services.get('payment')?.namespaces,
      Array.from({ length: 8 }, (_, i) => `n${22 + i}`),
    );
    const { bytes } = incident;
    desk.continueAsNew();
    assert.equal([...desk.state.open.values()][0]?.bytes, bytes);
  });
});
