import assert from 'node:assert/strict';
import { createCorrelate } from '../../activities/correlate/index.js';
import { Calls } from '../../activities/collect/scope/calls.js';
import { joinGroups } from '../../activities/correlate/join.js';
import { KnownPlaces } from '../../activities/correlate/places.js';
import { activeSilences } from '../../activities/correlate/silences.js';
import { SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import { configSchema } from '../../config/schema.js';
import type { AffectedServices, GroupTarget } from '../../model/triage.js';
import { FakeSource, type FakeSeries } from '../support/fake-source.js';
import { randomOf } from '../support/random.js';
import { collectDeps, runActivity, testConfig } from '../support/scopes.js';

const RULES = { maxHops: 3, joinSeconds: 600, sharedCallers: 0.5, joinsNames: true };
const NOWHERE = new KnownPlaces();

function callsOf(text: string): Calls {
  return new Calls(text.split(' ').map((pair) => pair.split('>') as [string, string]));
}

/** `a b+3`: alerts of a, and of b three seconds later. */
function groupsOf(text: string): AffectedServices[] {
  return text.split(' ').map((one) => {
    const [name = '', after = '0'] = one.split('+');
    return { services: [{ name, at: 1_000 + Number(after) }] };
  });
}

function join(calls: string, groups: string, incidents: Record<string, string> = {}) {
  const open = Object.entries(incidents).map(([id, services]) => ({
    id,
    services: groupsOf(services).flatMap((one) => one.services),
  }));
  return joinGroups(callsOf(calls), groupsOf(groups), open, RULES, NOWHERE);
}

/** Where each group ends: at the group that opens the incident, or at an open incident. */
function endsOf(targets: (GroupTarget | null)[]): (number | string)[] {
  return targets.map((_, start) => {
    let at = start;
    for (;;) {
      const target = targets[at];
      if (!target) return at;
      if (target.kind === 'incident') return target.id;
      at = target.index;
    }
  });
}

describe('correlation by calls', () => {
  it('joins a caller to what it calls, and says how far apart they are', () => {
    assert.deepEqual(join('checkout>payment', 'checkout+40 payment'), [
      { kind: 'group', index: 1, why: 'checkout calls payment, 40 s apart' },
      null,
    ]);
    assert.deepEqual(join('front>cart cart>db', 'db front', {})[1], {
      kind: 'group',
      index: 0,
      why: 'front calls db through cart, at the same time',
    });
  });

  it('joins neither what is too far away nor what began at another time', () => {
    assert.deepEqual(join('a>b b>c c>d d>e', 'a e'), [null, null]);
    assert.deepEqual(join('a>b', 'a b+601'), [null, null]);
  });

  it('sends the cause that comes late to the incident of its caller', () => {
    assert.deepEqual(join('checkout>payment', 'payment+30', { first: 'checkout' }), [
      { kind: 'incident', id: 'first', why: 'checkout calls payment, 30 s apart' },
    ]);
  });

  it('does not tie three faults together by the gateway that suffers from all of them', () => {
    const calls = 'gateway>a gateway>b gateway>c a>a1 b>b1 c>c1';
    const together = endsOf(join(calls, 'gateway+9 a+5 a1 b+5 b1 c+5 c1'));
    assert.equal(new Set(together).size, 3);
    assert.deepEqual(together.slice(1), [2, 2, 4, 4, 6, 6]);

    const afterwards = endsOf(join(calls, 'a1 b1 c1', { first: 'gateway' }));
    assert.equal(afterwards.filter((end) => end === 'first').length, 1, 'one of them is its cause');
    const later = endsOf(join(calls, 'b1 c1', { first: 'gateway a1' }));
    assert.deepEqual(later, [0, 1], 'a gateway whose cause is known leads to no other');
  });

  it('joins callers of one quiet service when most of its callers have trouble', () => {
    assert.equal(join('a>db b>db', 'a b+12')[1]?.why, 'b and a both call db, 12 s apart');
    assert.deepEqual(join('a>db b>db c>db d>db e>db', 'a b'), [null, null]);
  });

  it('finds an end where services call each other in a circle', () => {
    assert.deepEqual(endsOf(join('a>b b>c c>a', 'a+5 b c+2')), [1, 1, 1]);
  });

  it('keeps three faults apart in an estate of 300 services, in most of a hundred cases with one incident each', () => {
    let incidents = 0;
    for (let seed = 1; seed <= 100; seed++) incidents += storm(seed);
    assert.ok(incidents >= 300, 'no two faults were taken for one');
    assert.ok(incidents <= 330, `${incidents} incidents of 300 faults`);
  });
});

/** Three subtrees of a layered estate fall ill at their lowest service; answers how many incidents that makes. */
function storm(seed: number): number {
  const random = randomOf(seed);
  const calls: [string, string][] = [];
  for (let part = 0; part < 3; part++) {
    const name = (i: number): string => `p${part}-${i}`;
    calls.push(['gateway', name(99)]);
    for (let i = 1; i < 100; i++) {
      // Every service is called by a later one: who falls ill pulls its callers along, up to the gateway.
      calls.push([name(i), name(random.whole(Math.max(0, Math.floor(i / 3) - 1), i - 1))]);
      if (random.next() < 0.3) calls.push([name(i), name(random.whole(0, i - 1))]);
    }
  }
  const graph = new Calls(calls);
  const groups: AffectedServices[] = [{ services: [{ name: 'gateway', at: 1_020 }] }];
  const partOf: number[] = [-1];
  for (let part = 0; part < 3; part++) {
    const ill = new Map([[`p${part}-0`, 0]]);
    for (const [service, hops] of ill) {
      for (const caller of graph.callersOf(service)) if (!ill.has(caller)) ill.set(caller, hops + 1);
    }
    for (const [service, hops] of ill) {
      // One of ten stays quiet: not everything has an alert.
      if (service === 'gateway' || (hops > 0 && random.next() < 0.1)) continue;
      groups.push({ services: [{ name: service, at: 1_000 + 5 * hops + random.whole(0, 20) }] });
      partOf.push(part);
    }
  }
  const ends = endsOf(joinGroups(graph, groups, [], RULES, NOWHERE));
  for (const end of new Set(ends)) {
    const parts = new Set(ends.flatMap((other, i) => (other === end && partOf[i] !== -1 ? [partOf[i]] : [])));
    assert.ok(parts.size <= 1, `seed ${seed}: faults of ${[...parts].join(' and ')} became one`);
  }
  return new Set(ends).size;
}

describe('correlation of namesakes', () => {
  const PLACES = new KnownPlaces([
    { name: 'front', cluster: null, environment: null, namespace: 'prod' },
    { name: 'front', cluster: null, environment: null, namespace: 'staging' },
    { name: 'payment', cluster: null, environment: null, namespace: 'prod' },
    { name: 'payment', cluster: null, environment: null, namespace: 'staging' },
    { name: 'mail', cluster: null, environment: null, namespace: 'post' },
  ]);
  const CALLS = callsOf('front>payment front>mail');
  const at = (name: string, ...namespaces: string[]): AffectedServices => ({
    services: [{ name, at: 1_000, ...(namespaces.length > 0 && { namespaces }) }],
  });
  const joinAll = (...groups: AffectedServices[]) => joinGroups(CALLS, groups, [], RULES, PLACES);

  it('joins no caller to what a namesake of its callee is', () => {
    assert.deepEqual(joinAll(at('front', 'prod'), at('payment', 'staging')), [null, null]);
    assert.equal(joinAll(at('front', 'prod'), at('payment', 'prod'))[0]?.kind, 'group');
    assert.equal(joinAll(at('front', 'prod'), at('mail', 'post'))[0]?.kind, 'group', 'only there is one');
  });

  it('joins nothing across clusters', () => {
    const [front, payment] = [at('front'), at('payment')];
    front.services[0]!.clusters = ['eu-1'];
    payment.services[0]!.clusters = ['us-1'];
    assert.deepEqual(joinAll(front, payment), [null, null]);
  });

  it('joins two that the metrics know as one, unless they are in two of its places', () => {
    assert.deepEqual(joinAll(at('mail', 'post'), at('mail', 'otel')), [
      null,
      { kind: 'group', index: 0, why: 'also of mail, as its metrics call it' },
    ]);
    assert.deepEqual(joinAll(at('payment', 'prod'), at('payment', 'staging')), [null, null]);
    assert.deepEqual(
      joinAll(at('payment', 'prod'), at('payment', 'staging'), at('payment')),
      [null, null, null],
      'which of them is meant cannot be told',
    );
  });
});

describe('the correlate activity', () => {
  const request = {
    at: 10_000,
    groups: [
      { services: [{ name: 'shop/checkout', at: 9_990 }] },
      { services: [{ name: 'payment', at: 9_950 }] },
    ],
    incidents: [],
  };

  it('reads who calls whom from the metrics, once for many rounds', async () => {
    const source = new FakeSource({
      names: ['http_server_request_duration_seconds_count', 'up'],
      answer: (query): FakeSeries[] => {
        if (query.startsWith('count by'))
          return [
            [{ job: 'checkout' }, 10],
            [{ job: 'payment' }, 10],
            [{ job: 'mail' }, 1],
            [{ job: 'mail-service' }, 1],
          ];
        if (query.includes('increase(http_client'))
          return [[{ job: 'checkout', server_address: 'payment' }, 9]];
        return query.includes('count_over_time') ? [[{}, 15]] : [];
      },
    });
    const { correlate, readTriagePolicy } = createCorrelate(await collectDeps(source));
    assert.equal((await readTriagePolicy({ at: 10_000 })).apart, undefined);
    const { targets, blind } = await runActivity(correlate, request).result;
    assert.equal(blind, null);
    assert.deepEqual(targets, [{ kind: 'group', index: 1, why: 'checkout calls payment, 40 s apart' }, null]);
    const asked = source.asked.length;
    assert.deepEqual((await readTriagePolicy({ at: 10_000 })).apart, ['mail', 'mail-service']);
    await runActivity(correlate, request).result;
    assert.equal(source.asked.length, asked);
  });

  it('goes by the configuration alone when the metrics cannot be read, and says so', async () => {
    const source = new FakeSource({
      names: ['up'],
      answer: () => {
        throw new SourceUnavailable({ operation: 'instant query', endpoint: 'http://x' }, 'refused');
      },
    });
    source.metricNames = () =>
      Promise.reject(new SourceUnavailable({ operation: 'names', endpoint: 'http://x' }, 'refused'));
    const config = testConfig({ topology: { services: [{ name: 'checkout', calls: ['payment'] }] } });
    const { correlate } = createCorrelate(await collectDeps(source, config));
    const { targets, blind } = await runActivity(correlate, request).result;
    assert.equal(targets[0]?.why, 'checkout calls payment, 40 s apart');
    assert.equal(blind, 'who calls whom is known from the configuration only (fake: refused)');
  });
});

describe('silences', () => {
  const silences = (...list: object[]) =>
    configSchema.parse({
      metrics: { type: 'prometheus', url: 'http://x' },
      triage: { silences: list.map((one) => ({ name: 's', reason: 'r', match: { service: 'a' }, ...one })) },
    }).triage.silences;
  const at = (text: string): number => Date.parse(text) / 1000;
  const holds = (silence: object, time: string): boolean =>
    activeSilences(silences(silence), at(time)).length === 1;

  it('hold from a moment to another', () => {
    const silence = { from: '2026-11-24T10:00:00Z', until: '2026-11-24T12:00:00+01:00' };
    assert.deepEqual(
      ['09:59:59', '10:00:00', '10:59:59', '11:00:00'].map((time) => holds(silence, `2026-11-24T${time}Z`)),
      [false, true, true, false],
    );
  });

  it('hold in each window of a crontab, in its time zone', () => {
    const silence = { cron: '0 2 * * TUE', forSeconds: 1800, timeZone: 'Europe/Berlin' };
    assert.deepEqual(
      ['00:59:59', '01:00:00', '01:29:59', '01:30:00'].map((time) => holds(silence, `2026-11-24T${time}Z`)),
      [false, true, true, false],
    );
  });

  it('are refused when they name no label, no crontab or no time zone', () => {
    for (const wrong of [{ match: {} }, { cron: 'daily' }, { timeZone: 'Mars/Olympus' }]) {
      assert.throws(() => silences(wrong), /expected/);
    }
  });
});
