import assert from 'node:assert/strict';
import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import { triageDetails } from '../../workflows/triage/details.js';
import {
  CARRIED_BYTES,
  DELIVERY_BYTES,
  MESSAGE_BYTES,
  OPEN_INCIDENTS,
  REMEMBERED_EPISODES,
  ROUND_INCIDENTS,
  WAITING_ALERTS,
} from '../../workflows/triage/limits.js';
import { describeTriage, saveTriage } from '../../workflows/triage/state.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { PLAIN_POLICY, TriageDesk } from '../support/triage-desk.js';

const FIRST = 'incident/checkout/20261124-1042-0a1b2c';
const cart = anAnomaly({ fingerprint: 'cart', group: 'other0', service: 'cart' });

/** Alerts that have nothing in common. */
function distinct(count: number, differences: Partial<Anomaly> = {}): Anomaly[] {
  return Array.from({ length: count }, (_, i) =>
    anAnomaly({ fingerprint: `f${i}`, group: `group${i}`, service: `service-${i}`, ...differences }),
  );
}

/** Opens 5,000 incidents that have nothing in common; the CPU seconds of each step. */
function openFiveThousand(): number[] {
  const desk = new TriageDesk();
  desk.policy = { ...PLAIN_POLICY, joinBy: ['group', 'service', 'calls'] };
  desk.raise(anAnomaly());
  const seconds: number[] = [];
  const timed = (work: () => void): void => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    seconds.push((user + system) / 1e6);
  };
  for (let i = 0; i < 5_000; i += 500) {
    const anomalies = distinct(5_000).slice(i, i + 500);
    timed(() => desk.take({ kind: 'raised', anomalies, reply: null }));
  }
  assert.equal(describeTriage(desk.state).waiting, 5_000);
  timed(() => desk.round());
  desk.take({ kind: 'raised', anomalies: [cart], reply: 1 });
  desk.take({ kind: 'raised', anomalies: [anAnomaly({ status: 'resolved' })], reply: null });
  timed(() => desk.round());
  assert.ok(desk.answers.has(1), 'a person waits for one round');
  assert.equal(desk.alertsOf(FIRST, 'resolved').length, 1, 'an end waits for none');
  assert.match(triageDetails(desk.state), /4800 firing alerts wait for their incident/);
  let rounds = 2;
  while (desk.state.waiting.size > 0) {
    const before = desk.state.open.size;
    timed(() => desk.round());
    rounds += 1;
    assert.ok(desk.state.open.size - before <= ROUND_INCIDENTS);
  }
  assert.equal(rounds, 50);
  assert.equal(new Set(desk.sent.filter(({ start }) => start).map(({ incident }) => incident)).size, 5_002);
  const { counts } = desk.state;
  assert.equal(counts.placed + counts.resolved, counts.raised);
  const bytes = jsonBytes(saveTriage(desk.state));
  assert.ok(bytes < CARRIED_BYTES, `${bytes} bytes are carried over`);
  desk.continueAsNew();
  desk.raise(...distinct(5_000));
  assert.equal(desk.state.counts.duplicates, 5_000);
  return seconds;
}

describe('the limits of triage', function () {
  this.timeout(60_000);

  it('opens 5,000 distinct incidents at a bounded rate, people’s and ends first, in little time a round', () => {
    // A slow round is slow each time; a pause of the machine or of the garbage collector is not.
    const [once, again] = [openFiveThousand(), openFiveThousand()];
    const longest = Math.max(...once.map((seconds, round) => Math.min(seconds, again[round]!)));
    assert.ok(longest < 0.3, `a round took ${longest} s of CPU time, twice`);
  });

  it('lets alerts beyond the open incidents join the storm incident, which says so', () => {
    const desk = new TriageDesk();
    desk.raise(...distinct(OPEN_INCIDENTS + 50));
    assert.equal(desk.state.open.size, OPEN_INCIDENTS + 1);
    const storm = desk.incidentsOf(`f${OPEN_INCIDENTS + 49}`)[0] ?? '';
    assert.match(storm, /^incident\/storm\//);
    assert.equal(desk.alertsOf(storm).length, 50);
    assert.match(desk.alertsOf(storm)[0]?.joined ?? '', /no further incident is opened/);
    assert.ok(jsonBytes(saveTriage(desk.state)) < CARRIED_BYTES);
  });

  it('drops what is beyond the queue, counts it, and takes it when it is sent again', () => {
    const desk = new TriageDesk();
    desk.take({ kind: 'raised', anomalies: distinct(WAITING_ALERTS + 10), reply: null });
    assert.deepEqual([desk.state.waiting.size, desk.state.counts.overflow], [WAITING_ALERTS, 10]);
    assert.match(desk.state.drops[0]?.why ?? '', /when its source sends it again/);
    desk.take({ kind: 'raised', anomalies: [cart], reply: 1 });
    desk.round();
    assert.ok(desk.answers.has(1), 'a person is never turned away');
  });

  it('keeps messages and deliveries within their bytes, in order, whatever the alerts’ letters', () => {
    const desk = new TriageDesk();
    const fat = anAnomaly({ annotations: { description: '障'.repeat(2_400) } });
    const alerts = Array.from({ length: 400 }, (_, i) => ({ ...fat, fingerprint: `f${i}` }));
    desk.take({ kind: 'raised', anomalies: alerts, reply: null });
    let most = 0;
    const next = desk.state.outbox.next.bind(desk.state.outbox);
    desk.state.outbox.next = () => {
      const items = next();
      most = Math.max(most, jsonBytes(items));
      return items;
    };
    desk.settle();
    assert.deepEqual(
      desk.alertsOf(FIRST).map(({ fingerprint }) => fingerprint),
      alerts.map(({ fingerprint }) => fingerprint),
    );
    assert.ok(desk.sent.every(({ message }) => jsonBytes(message) <= MESSAGE_BYTES));
    assert.ok(most <= DELIVERY_BYTES && most > DELIVERY_BYTES / 3, `${most} bytes`);
  });

  it('carries no more than it may: the waiting lose their texts first, then the newest are dropped', () => {
    const desk = new TriageDesk();
    const fat = { annotations: { description: '障'.repeat(500) } };
    desk.take({ kind: 'raised', anomalies: distinct(3_000, fat), reply: null });
    desk.take({ kind: 'shrink', bytes: CARRIED_BYTES });
    assert.deepEqual([desk.state.waiting.size, desk.state.counts.overflow], [3_000, 0]);
    desk.take({ kind: 'raised', anomalies: distinct(9_000, { ...fat, startedAt: T0 + 1 }), reply: null });
    desk.take({ kind: 'shrink', bytes: CARRIED_BYTES });
    assert.ok(desk.state.counts.overflow > 0);
    assert.ok(jsonBytes(desk.continueAsNew()) <= CARRIED_BYTES);
  });

  it('remembers a bounded number of episodes, those of closed incidents the shortest', () => {
    const desk = new TriageDesk();
    desk.raise(cart);
    desk.close(desk.incidentsOf('cart')[0] ?? '');
    const alert = (i: number) => anAnomaly({ fingerprint: `alert-${i}` });
    desk.raise(...Array.from({ length: REMEMBERED_EPISODES + 3_000 }, (_, i) => alert(i)));
    assert.deepEqual(desk.incidentsOf('cart'), [undefined]);
    const saved = desk.continueAsNew();
    assert.ok(saved.dedup.incidents.flatMap(([, , , episodes]) => episodes).length <= REMEMBERED_EPISODES);
    assert.ok(jsonBytes(saved) < CARRIED_BYTES);
    const before = desk.state.counts.duplicates;
    desk.raise(alert(REMEMBERED_EPISODES + 2_999));
    assert.equal(desk.state.counts.duplicates, before + 1);
    desk.raise(alert(1));
    assert.deepEqual(desk.incidentsOf('alert-1'), [FIRST], 'the open incident takes what was forgotten');
  });

  it('shows what others wrote as text in the Temporal UI', () => {
    const desk = new TriageDesk();
    desk.policy = {
      ...PLAIN_POLICY,
      silences: [{ name: '[x](http://evil)', reason: '*r*', match: { service: 'cart' } }],
    };
    desk.raise(anAnomaly({ service: '![x](https://evil/p.png)' }), cart);
    const details = triageDetails(desk.state);
    assert.doesNotMatch(details, /(?<!\\)\[x(?<!\\)\]\(/);
    assert.match(details, /!\\\[x\\\]/);
  });
});
