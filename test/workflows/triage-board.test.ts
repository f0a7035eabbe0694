import assert from 'node:assert/strict';
import type { Anomaly } from '../../model/anomaly.js';
import { TriageBoard } from '../../workflows/triage-board.js';
import { PLAIN_POLICY } from '../../workflows/triage-round.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { TriageDesk } from '../support/triage-desk.js';

const FIRST = 'incident/checkout/20261124-1042-0a1b2c';

describe('triage board', () => {
  it('opens an incident whose id names service, minute and group', async () => {
    assert.deepEqual(await new TriageDesk().raise(anAnomaly()), [{ incident: FIRST, joined: false }]);
  });

  it('makes ids safe that would break a path', async () => {
    const [placed] = await new TriageDesk().raise(anAnomaly({ service: 'a/b c\n' }));
    assert.equal(placed?.incident, 'incident/a-b-c-/20261124-1042-0a1b2c');
  });

  it('sends alerts of the same group or the same service to the same incident, and says why', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    const group = await desk.raise(anAnomaly({ fingerprint: 'x', service: 'cart', startedAt: T0 + 80 }));
    const service = await desk.raise(anAnomaly({ fingerprint: 'y', group: 'ffffffffffff' }));
    assert.deepEqual(
      [...group, ...service],
      [
        { incident: FIRST, joined: true },
        { incident: FIRST, joined: true },
      ],
    );
    assert.deepEqual(
      desk.told.get(FIRST)?.map(({ joined }) => joined),
      [undefined, 'same alert group', 'also of checkout'],
    );
  });

  it('joins by what the configuration names only', async () => {
    const desk = new TriageDesk();
    desk.policy = { ...PLAIN_POLICY, joinBy: ['service'] };
    await desk.raise(anAnomaly());
    const [other] = await desk.raise(anAnomaly({ fingerprint: 'x', service: 'cart' }));
    assert.equal(other?.joined, false);
  });

  it('opens nothing for a repeat, while the incident is open and after it was closed', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    assert.deepEqual(await desk.raise(anAnomaly()), [{ incident: FIRST, joined: true }]);
    desk.close(FIRST);
    assert.deepEqual(await desk.raise(anAnomaly()), [{ incident: FIRST, joined: true }]);
    assert.equal(desk.told.get(FIRST)?.length, 1);
    assert.equal(desk.board.counts.repeats, 2);
  });

  it('takes an alert that came twice in one round once', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly(), anAnomaly());
    assert.equal(desk.told.get(FIRST)?.length, 1);
    assert.equal(desk.board.counts.repeats, 1);
  });

  it('opens a new incident when an alert fires again after its incident was closed', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    desk.close(FIRST);
    const again = await desk.raise(anAnomaly({ startedAt: T0 + 3600 }));
    assert.deepEqual(again, [{ incident: 'incident/checkout/20261124-1142-0a1b2c', joined: false }]);
  });

  it('keeps an alert that comes and goes in one incident, and counts how often it came back', async () => {
    const desk = new TriageDesk();
    desk.policy = { ...PLAIN_POLICY, joinBy: [] };
    for (const at of [0, 60, 120]) {
      await desk.raise(anAnomaly({ startedAt: T0 + at }));
      await desk.raise(anAnomaly({ startedAt: T0 + at, status: 'resolved' }));
    }
    assert.deepEqual(
      desk.told.get(FIRST)?.map(({ joined }) => joined),
      [undefined, 'the same alert again, for the 2nd time', 'the same alert again, for the 3rd time'],
    );
    assert.equal(desk.board.counts.flaps, 2);
    assert.equal(desk.ended.length, 3);
  });

  it('ends only what it knows, and drops what ended before it was heard of', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly(), anAnomaly({ status: 'resolved' }));
    assert.deepEqual(desk.ended, [[FIRST, anAnomaly().fingerprint]]);
    const early = anAnomaly({ fingerprint: 'unknown' });
    assert.deepEqual(await desk.raise({ ...early, status: 'resolved' }), []);
    assert.deepEqual(await desk.raise(early), []);
    const { strays, late } = desk.board.counts;
    assert.deepEqual({ strays, late }, { strays: 1, late: 1 });
    assert.equal(desk.board.snapshot().drops[0]?.why, 'it was over before it was heard of');
  });

  it('takes an end of a closed incident for a repeat', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    desk.close(FIRST);
    await desk.raise(anAnomaly({ status: 'resolved' }));
    assert.deepEqual(desk.ended, []);
    assert.equal(desk.board.counts.repeats, 1);
  });

  it('gives an alert whose source never says when it began one episode at a time', async () => {
    const desk = new TriageDesk();
    const alert = (at: number, status: Anomaly['status'] = 'firing') =>
      anAnomaly({ startUnknown: true, startedAt: T0 + at, status });
    await desk.raise(alert(0));
    await desk.raise(alert(300));
    await desk.raise(alert(600, 'resolved'));
    assert.deepEqual([desk.told.get(FIRST)?.length, desk.ended.length], [1, 1]);
    await desk.raise(alert(700));
    assert.equal(desk.board.counts.flaps, 1, 'after its end it is another episode');
  });

  it('silences what matches, counts it, says why, and still ends what fired before', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    desk.policy = {
      ...PLAIN_POLICY,
      silences: [
        { name: 'deploys', reason: 'new cluster', match: { service: 'check*', severity: 'critical' } },
      ],
    };
    assert.deepEqual(await desk.raise(anAnomaly({ fingerprint: 'x' })), []);
    assert.equal((await desk.raise(anAnomaly({ fingerprint: 'y', severity: 'warning' }))).length, 1);
    await desk.raise(anAnomaly({ status: 'resolved' }));
    assert.equal(desk.ended.length, 1);
    assert.equal(desk.board.counts.silenced, 1);
    assert.equal(desk.board.snapshot().drops[0]?.why, 'silence deploys: new cluster');
    desk.policy = PLAIN_POLICY;
    assert.equal(
      (await desk.raise(anAnomaly({ fingerprint: 'x' }))).length,
      1,
      'it is news when the silence ends',
    );
  });

  it('opens another incident when the one that an alert would join has ended unheard', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    desk.gone.add(FIRST);
    const [moved] = await desk.raise(anAnomaly({ fingerprint: 'x', startedAt: T0 + 600 }));
    assert.deepEqual(moved, { incident: 'incident/checkout/20261124-1052-0a1b2c', joined: false });
    assert.equal(desk.board.counts.placed, 2);
  });

  it('joins what calls tell, lets the first to begin open the incident, and gives every other its reason', async () => {
    const desk = new TriageDesk();
    desk.policy = { ...PLAIN_POLICY, joinBy: ['group', 'service', 'calls'] };
    desk.answer = () =>
      Promise.resolve({
        homes: [null, { kind: 'trouble', index: 0, why: 'gateway calls payment, 40 s apart' }, null],
        blind: null,
      });
    const placed = await desk.raise(
      anAnomaly({ fingerprint: '1', group: 'g1aaaa', service: 'payment', startedAt: T0 + 40 }),
      anAnomaly({ fingerprint: '2', group: 'g2aaaa', service: 'gateway' }),
      anAnomaly({ fingerprint: '3', group: 'g3aaaa', service: 'other' }),
    );
    const incident = 'incident/gateway/20261124-1042-g2aaaa';
    assert.deepEqual(
      placed.map((one) => one.incident),
      [incident, incident, 'incident/other/20261124-1042-g3aaaa'],
    );
    assert.deepEqual(
      desk.told.get(incident)?.map(({ service, joined }) => [service, joined]),
      [
        ['gateway', undefined],
        ['payment', 'gateway calls payment, 40 s apart'],
      ],
    );
  });

  it('says that it could not ask who calls whom, and goes by group and service', async () => {
    const desk = new TriageDesk();
    desk.policy = { ...PLAIN_POLICY, joinBy: ['service', 'calls'] };
    await desk.raise(anAnomaly());
    desk.answer = () => Promise.resolve({ homes: [null], blind: 'prometheus does not answer' });
    const [alone] = await desk.raise(anAnomaly({ fingerprint: 'x', service: 'cart', group: 'other0' }));
    assert.equal(
      desk.told.get(alone?.incident ?? '')?.[0]?.joined,
      'stands alone: prometheus does not answer',
    );
  });

  it('merges two incidents and splits one', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    const cart = anAnomaly({ fingerprint: 'x', group: 'other0', service: 'cart' });
    const [second] = await desk.raise(cart);
    desk.board.merge(second?.incident ?? '', FIRST, T0);
    assert.deepEqual(desk.board.whereabouts(['x']), [FIRST]);
    assert.equal((await desk.raise({ ...cart, fingerprint: 'z' }))[0]?.incident, FIRST);

    const apart = desk.board.split(FIRST, 'cart', [cart, { ...cart, fingerprint: 'z' }]);
    assert.deepEqual(desk.board.whereabouts(['x', 'z', anAnomaly().fingerprint]), [apart, apart, FIRST]);
    assert.equal((await desk.raise({ ...cart, fingerprint: 'new', group: 'third0' }))[0]?.incident, apart);
  });

  it('goes on as before from its snapshot, and remembers a bounded number of episodes', async () => {
    const desk = new TriageDesk();
    const alert = (i: number) => anAnomaly({ fingerprint: `alert-${i}` });
    await desk.raise(...Array.from({ length: 15_000 }, (_, i) => alert(i)));
    const snapshot = desk.board.snapshot();
    assert.equal(snapshot.memory.incidents[0]?.episodes.length, 12_000);
    assert.ok(JSON.stringify(snapshot).length < 1_000_000);
    desk.board = new TriageBoard(structuredClone(snapshot), T0);
    await desk.raise(alert(14_999));
    assert.equal(desk.board.counts.repeats, 1);
    const forgotten = await desk.raise(alert(1));
    assert.deepEqual(
      forgotten,
      [{ incident: FIRST, joined: true }],
      'the open incident takes what was forgotten',
    );
  });

  it('forgets the episodes of incidents that ended a week ago', async () => {
    const desk = new TriageDesk();
    await desk.raise(anAnomaly());
    desk.board.close(FIRST, T0);
    desk.board.close('incident/other', T0 + 8 * 24 * 3600);
    assert.deepEqual(desk.board.whereabouts([anAnomaly().fingerprint]), [null]);
  });

  it('reads what the first version carried over', async () => {
    const desk = new TriageDesk();
    const carried = {
      open: [{ id: FIRST, services: ['checkout'], groups: ['0a1b2c3d4e5f'] }],
      episodes: [[`a@${T0}`, FIRST] as [string, string]],
      counts: { raised: 7, repeats: 0, strays: 0, incidents: 1 },
    };
    desk.board = new TriageBoard(carried, T0);
    await desk.raise(anAnomaly({ fingerprint: 'a' }));
    assert.deepEqual([desk.board.counts.raised, desk.board.counts.repeats], [8, 1]);
    assert.equal((await desk.raise(anAnomaly({ fingerprint: 'b' })))[0]?.incident, FIRST);
  });
});
