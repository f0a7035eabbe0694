import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Overloaded, TemporalUnavailable } from '../../client/errors.js';
import { coalesceRaises } from '../../client/intake/coalesce.js';
import type { Anomaly } from '../../model/anomaly.js';
import { anAnomaly } from '../support/anomalies.js';

/** A Temporal whose calls end when the test says so. */
class SlowTemporal {
  readonly calls: { anomalies: Anomaly[]; end: (error?: Error) => void }[] = [];

  raise = (anomalies: Anomaly[]): Promise<void> =>
    new Promise((resolve, reject) => {
      this.calls.push({ anomalies, end: (error) => (error ? reject(error) : resolve()) });
    });

  get names(): string[][] {
    return this.calls.map(({ anomalies }) => anomalies.map(({ fingerprint }) => fingerprint));
  }
}

const alert = (fingerprint: string, environment = 'production') => anAnomaly({ fingerprint, environment });

describe('coalescing posts', () => {
  const soon = { timeoutSeconds: 2 };

  it('sends one that comes alone at once, and those that come meanwhile together with the next call', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 100 });
    const posts = [
      door.raise([alert('a')], soon),
      door.raise([alert('b')], soon),
      door.raise([alert('c')], soon),
    ];
    assert.deepEqual(temporal.names, [['a']]);
    temporal.calls[0]?.end();
    await posts[0];
    await sleep(0);
    assert.deepEqual(temporal.names, [['a'], ['b', 'c']]);
    temporal.calls[1]?.end();
    await Promise.all(posts);
  });

  it('answers no post before its own anomalies are durable, and each of a failed call with its failure', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 100 });
    const answers: string[] = [];
    const post = (name: string) =>
      door.raise([alert(name)], soon).then(
        () => answers.push(name),
        () => answers.push(`not ${name}`),
      );
    const posts = [post('a'), post('b'), post('c')];
    temporal.calls[0]?.end();
    await sleep(5);
    assert.deepEqual(answers, ['a']);
    temporal.calls[1]?.end(new TemporalUnavailable('away'));
    await Promise.all(posts);
    assert.deepEqual(answers, ['a', 'not b', 'not c']);
    const again = door.raise([alert('b')], soon);
    temporal.calls[2]?.end();
    await again;
  });

  it('lets no environment wait for another', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 100 });
    const both = door.raise([alert('a', 'staging'), alert('b'), alert('c', 'staging')], soon);
    assert.deepEqual(temporal.names, [['a', 'c'], ['b']]);
    temporal.calls[0]?.end();
    temporal.calls[1]?.end();
    await both;
  });

  it('refuses what is beyond its bound, the first post too, and takes more when there is room again', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 3 });
    const named = (...names: string[]) => names.map((name) => alert(name));
    await assert.rejects(door.raise(named('a', 'b', 'c', 'd'), soon), Overloaded);
    const first = door.raise(named('a', 'b', 'c'), soon);
    await assert.rejects(door.raise([alert('e')], soon), Overloaded);
    temporal.calls[0]?.end();
    await first;
    const next = door.raise([alert('e')], soon);
    temporal.calls[1]?.end();
    await next;
  });

  it('tells those that waited too long to come back', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 100 });
    const first = door.raise([alert('a')], soon);
    const late = assert.rejects(door.raise([alert('b')], { timeoutSeconds: 0.01 }), TemporalUnavailable);
    await sleep(30);
    temporal.calls[0]?.end();
    await Promise.all([first, late]);
    assert.equal(temporal.calls.length, 1);
  });

  it('has at most sixteen calls under way, and lets every environment have its turn', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 10_000 });
    const anomalies = Array.from({ length: 100 }, (_, i) => alert(String(i), `env-${i}`));
    const post = door.raise(anomalies, soon);
    let most = 0;
    for (let ended = 0; ended < 100; ended++) {
      most = Math.max(most, temporal.calls.length - ended);
      temporal.calls[ended]?.end();
      await sleep(0);
    }
    await post;
    assert.equal(most, 16);
    assert.equal(new Set(temporal.names.flat()).size, 100);
  });

  it('sends a large post piece by piece', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 10_000 });
    const post = door.raise(
      Array.from({ length: 1_200 }, (_, i) => alert(String(i))),
      soon,
    );
    for (let call = 0; call < 3; call++) {
      temporal.calls[call]?.end();
      await sleep(0);
    }
    await post;
    assert.deepEqual(
      temporal.names.map(({ length }) => length),
      [500, 500, 200],
    );
  });

  it('fills a call with a few hundred anomalies and no more', async () => {
    const temporal = new SlowTemporal();
    const door = coalesceRaises(temporal, { maxPending: 10_000 });
    const posts = Array.from({ length: 1_201 }, (_, i) => door.raise([alert(String(i))], soon));
    for (let call = 0; call < 4; call++) {
      temporal.calls[call]?.end();
      await sleep(0);
    }
    await Promise.all(posts);
    assert.deepEqual(
      temporal.names.map(({ length }) => length),
      [1, 500, 500, 200],
    );
  });
});
