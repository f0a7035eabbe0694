import assert from 'node:assert/strict';
import type { Anomaly } from '../../model/anomaly.js';
import { saveTriage } from '../../workflows/triage/state.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { PLAIN_POLICY, TriageDesk } from '../support/triage-desk.js';

const FIRST = 'incident/checkout/20261124-1042-0a1b2c';
const cart = anAnomaly({ fingerprint: 'cart', group: 'other0', service: 'cart' });

describe('triage step by step', () => {
  it('opens an incident whose id names service, minute and group, whatever they are', () => {
    const desk = new TriageDesk();
    desk.raise(anAnomaly());
    desk.raise(anAnomaly({ fingerprint: 'x', service: 'a/b c\n', group: 'other0' }));
    desk.raise(anAnomaly({ fingerprint: 'y', service: 'late', group: 'third0', startedAt: 1e18 }));
    assert.deepEqual(
      desk.sent.map(({ incident, start }) => [incident, start]),
      [
        [FIRST, true],
        ['incident/a-b-c-/20261124-1042-other0', true],
        ['incident/late/99991231-2359-third0', true],
      ],
    );
  });

  it('sends alerts of the same group or service to the same incident, as configured, and says why', () => {
    const desk = new TriageDesk();
    desk.raise(anAnomaly());
    desk.raise(
      anAnomaly({ fingerprint: 'x', service: 'cart' }),
      anAnomaly({ fingerprint: 'y', group: 'ffffff' }),
    );
    assert.deepEqual(
      desk.alertsOf(FIRST).map(({ joined }) => joined),
      [undefined, 'same alert group', 'also of checkout'],
    );
    desk.policy = { ...PLAIN_POLICY, joinBy: [] };
    desk.raise(anAnomaly({ fingerprint: 'z', service: 'cart' }));
    assert.notEqual(desk.incidentsOf('z')[0], FIRST);
  });

  it('opens nothing for a duplicate, while the incident is open and after it closed, for a week', () => {
    const desk = new TriageDesk();
    desk.raise(anAnomaly(), anAnomaly());
    desk.raise(anAnomaly());
    desk.close(FIRST);
    desk.raise(anAnomaly());
    assert.equal(desk.sent.length, 1);
    assert.equal(desk.state.counts.duplicates, 3);
    desk.now += 8 * 24 * 3600;
    desk.close('incident/another');
    assert.deepEqual(desk.incidentsOf(anAnomaly().fingerprint), [undefined]);
  });

  it('keeps an alert that comes and goes in one incident, and counts how often it fired', () => {
    const desk = new TriageDesk();
    desk.policy = { ...PLAIN_POLICY, joinBy: [] };
    for (const at of [0, 60, 120]) {
      desk.raise(anAnomaly({ startedAt: T0 + at }));
      desk.raise(anAnomaly({ startedAt: T0 + at, status: 'resolved' }));
    }
    assert.deepEqual(
      desk.alertsOf(FIRST).map(({ joined }) => joined),
      [undefined, 'the same alert again, for the 2nd time', 'the same alert again, for the 3rd time'],
    );
    assert.equal(desk.alertsOf(FIRST, 'resolved').length, 3);
    assert.equal(desk.state.counts.flaps, 2);
  });

  it('takes an alert that fires again with the start of its ended episode for a recurrence', () => {
    const desk = new TriageDesk();
    const [firing, resolved] = [anAnomaly(), anAnomaly({ status: 'resolved', endedAt: T0 + 300 })];
    for (const post of [firing, resolved, firing]) desk.raise(post);
    assert.deepEqual(
      desk.alertsOf(FIRST).map(({ recurrence, joined }) => [recurrence, joined]),
      [
        [undefined, undefined],
        [1, 'the same alert again, for the 2nd time'],
      ],
    );
    desk.raise(resolved);
    assert.equal(desk.alertsOf(FIRST, 'resolved').at(-1)?.recurrence, 1, 'its end names the same recurrence');

    desk.close(FIRST);
    desk.raise(firing);
    const last = desk.sent.at(-1);
    assert.deepEqual([last?.incident, last?.start], [FIRST, true], 'also when the incident has closed');
    assert.equal(desk.alertsOf(FIRST).at(-1)?.recurrence, 2);
  });

  it('opens nothing the first time for an alert that comes after its own end, and does when it is repeated', () => {
    const desk = new TriageDesk();
    const late = anAnomaly({ fingerprint: 'late' });
    desk.raise({ ...late, status: 'resolved' });
    desk.raise(late);
    assert.equal(desk.sent.length, 0);
    const { orphanResolves, resolvedBeforeSeen } = desk.state.counts;
    assert.deepEqual([orphanResolves, resolvedBeforeSeen], [1, 1]);
    assert.match(desk.state.drops[0]?.why ?? '', /after its own end/);
    desk.raise(late);
    assert.deepEqual(desk.incidentsOf('late'), [FIRST]);
  });

  it('tells an incident of an alert that ended before it was placed that it fired and ended', () => {
    const desk = new TriageDesk();
    desk.raise(anAnomaly(), anAnomaly({ status: 'resolved', endedAt: T0 + 5 }));
    assert.deepEqual(
      desk.sentTo(FIRST).map(({ kind }) => kind),
      ['firing', 'resolved'],
    );
  });

  it('gives an alert whose source never says when it began one episode at a time', () => {
    const desk = new TriageDesk();
    const alert = (at: number, status: Anomaly['status'] = 'firing') =>
      anAnomaly({ startUnknown: true, startedAt: T0 + at, status });
    for (const post of [alert(0), alert(300), alert(600, 'resolved')]) desk.raise(post);
    assert.deepEqual([desk.alertsOf(FIRST).length, desk.alertsOf(FIRST, 'resolved').length], [1, 1]);
    desk.raise(alert(700));
    assert.equal(desk.state.counts.flaps, 1, 'after its end it is another episode');
  });

  it('silences what matches, counts it, says why, and still ends what fired before', () => {
    const desk = new TriageDesk();
    desk.raise(anAnomaly());
    const match = { service: 'check*', severity: 'critical' };
    desk.policy = { ...PLAIN_POLICY, silences: [{ name: 'deploys', reason: 'new cluster', match }] };
    desk.raise(anAnomaly({ fingerprint: 'x' }), anAnomaly({ fingerprint: 'y', severity: 'warning' }));
    desk.raise(anAnomaly({ status: 'resolved' }));
    assert.deepEqual(
      desk.alertsOf(FIRST).map(({ fingerprint }) => fingerprint),
      [anAnomaly().fingerprint, 'y'],
    );
    assert.equal(desk.alertsOf(FIRST, 'resolved').length, 1);
    assert.equal(desk.state.counts.silenced, 1);
    assert.equal(desk.state.drops[0]?.why, 'silence deploys: new cluster');
    desk.policy = PLAIN_POLICY;
    desk.raise(anAnomaly({ fingerprint: 'x' }));
    assert.deepEqual(desk.incidentsOf('x'), [FIRST], 'its repeat is new when the silence has ended');
  });

  it('joins what calls connect, and lets the alert that began first open the incident', () => {
    const desk = new TriageDesk();
    desk.policy = { ...PLAIN_POLICY, joinBy: ['group', 'service', 'calls'] };
    desk.correlate = () => ({
      targets: [null, { kind: 'group', index: 0, why: 'gateway calls payment, 40 s apart' }, null],
      blind: null,
    });
    desk.raise(
      anAnomaly({ fingerprint: '1', group: 'g1aaaa', service: 'payment', startedAt: T0 + 40 }),
      anAnomaly({ fingerprint: '2', group: 'g2aaaa', service: 'gateway' }),
      anAnomaly({ fingerprint: '3', group: 'g3aaaa', service: 'other' }),
    );
    const incident = 'incident/gateway/20261124-1042-g2aaaa';
    assert.deepEqual(desk.incidentsOf('1', '2', '3'), [
      incident,
      incident,
      'incident/other/20261124-1042-g3aaaa',
    ]);
    assert.deepEqual(
      desk.alertsOf(incident).map(({ service, joined }) => [service, joined]),
      [
        ['gateway', undefined],
        ['payment', 'gateway calls payment, 40 s apart'],
      ],
    );
    desk.correlate = ({ groups }) => ({ targets: groups.map(() => null), blind: 'no answer' });
    desk.raise(cart);
    assert.equal(desk.alertsOf(desk.incidentsOf('cart')[0] ?? '')[0]?.joined, 'stands alone: no answer');
  });

  it('places alerts again whose incident had ended before it could be told', () => {
    const desk = new TriageDesk();
    desk.raise(anAnomaly());
    desk.ended.add(FIRST);
    desk.raise(anAnomaly({ fingerprint: 'x', startedAt: T0 + 600 }));
    assert.deepEqual(desk.incidentsOf('x'), ['incident/checkout/20261124-1052-0a1b2c']);
    assert.equal(desk.alertsOf('incident/checkout/20261124-1052-0a1b2c')[0]?.joined, undefined);
    assert.equal(desk.state.counts.placed, 2);
  });

  it('counts what is no anomaly, and takes the others', () => {
    const desk = new TriageDesk();
    const anomalies = [null, 7, { ...anAnomaly(), startedAt: Number.NaN }, anAnomaly()];
    desk.take({ kind: 'raised', anomalies, reply: null });
    desk.take({ kind: 'raised', anomalies: undefined, reply: null });
    assert.equal(desk.state.counts.malformed, 4);
    assert.equal(desk.state.waiting.size, 1);
  });
});

describe('merges and splits of triage', () => {
  function withTwo(): { desk: TriageDesk; second: string } {
    const desk = new TriageDesk();
    desk.raise(anAnomaly());
    desk.raise(cart);
    return { desk, second: desk.incidentsOf('cart')[0] ?? '' };
  }

  it('merges two incidents: one order to the first, and its alerts and their ends are the second’s', () => {
    const { desk, second } = withTwo();
    const merge = { from: second, into: FIRST, by: 'ann' };
    assert.deepEqual(desk.ask({ kind: 'merge', merge }), { ok: { from: second, to: FIRST } });
    assert.deepEqual(desk.sentTo(second).at(-1), { kind: 'transfer', to: FIRST, service: null, by: 'ann' });
    desk.raise({ ...cart, fingerprint: 'z' }, { ...cart, status: 'resolved' });
    assert.deepEqual(desk.incidentsOf('z', 'cart'), [FIRST, FIRST]);
    assert.deepEqual(
      desk.alertsOf(FIRST, 'resolved').map(({ fingerprint }) => fingerprint),
      ['cart'],
    );
    // Bug 2 of the first version: a close in the middle of a merge made the handler throw for ever.
    desk.close(FIRST);
    desk.close(second);
    assert.equal(desk.state.open.size, 0);
  });

  it('splits a service off: its alerts go there, and what comes for it from then on', () => {
    const { desk, second } = withTwo();
    desk.ask({ kind: 'merge', merge: { from: second, into: FIRST, by: 'ann' } });
    desk.close(second);
    const answer = desk.ask({ kind: 'split', split: { from: FIRST, service: 'cart', by: 'ann' } });
    const to = answer && 'ok' in answer && 'to' in answer.ok ? answer.ok.to : '';
    assert.match(to, /^incident\/cart\/20261124-1042-0a1b2cs\d+$/);
    assert.deepEqual(desk.sentTo(FIRST).at(-1), { kind: 'transfer', to, service: 'cart', by: 'ann' });
    assert.deepEqual(
      desk.sent.filter(({ incident }) => incident === to).map(({ start }) => start),
      [true],
      'its run is started, so that what is sent next finds it',
    );
    desk.raise({ ...cart, fingerprint: 'new', group: anAnomaly().group });
    assert.deepEqual(desk.incidentsOf('cart', 'new', anAnomaly().fingerprint), [to, to, FIRST]);
  });

  it('refuses what cannot be done with its reason, and has changed nothing then', () => {
    const { desk, second } = withTwo();
    const before = JSON.stringify(saveTriage(desk.state));
    const refusals = [
      [{ kind: 'merge', merge: { from: second, into: FIRST, by: ' ' } }, 'by: expected who asks for it'],
      [{ kind: 'merge', merge: { from: 'incident/none', into: FIRST, by: 'ann' } }, /from: expected an open/],
      [{ kind: 'merge', merge: { from: FIRST, into: 'incident/none', by: 'ann' } }, /into: expected an open/],
      [{ kind: 'merge', merge: { from: FIRST, into: FIRST, by: 'ann' } }, /into: expected another incident/],
      [{ kind: 'split', split: { from: FIRST, service: 'cart', by: 'ann' } }, /has no alert of cart/],
      [{ kind: 'split', split: { from: FIRST, service: 'checkout', by: 'ann' } }, /of checkout alone/],
    ] as const;
    for (const [command, reason] of refusals) {
      const answer = desk.ask(command);
      const refused = answer && 'refused' in answer ? answer.refused : 'done';
      if (typeof reason === 'string') assert.equal(refused, reason);
      else assert.match(refused, reason);
    }
    assert.equal(JSON.stringify(saveTriage(desk.state)), before);
  });

  it('takes a merge and a split back when the giving incident had ended', () => {
    const { desk, second } = withTwo();
    desk.raise({ ...anAnomaly(), fingerprint: 'more', service: 'basket', group: 'other0' });
    desk.ended.add(second);
    const split = desk.ask({ kind: 'split', split: { from: second, service: 'basket', by: 'ann' } });
    assert.match(split && 'refused' in split ? split.refused : '', /has ended meanwhile/);
    assert.deepEqual(desk.incidentsOf('cart', 'more'), [second, second]);
    assert.deepEqual(
      [...desk.state.open.values()].map(({ id }) => id),
      [FIRST],
    );
    assert.equal(desk.state.outbox.size, 0);
  });
});
