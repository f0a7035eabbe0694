import assert from 'node:assert/strict';
import { alertsOf, knownAt } from '../../bench/live/alerts.js';
import { diagnoseLook, judge } from '../../bench/live/judge.js';
import { keepLook, readLooks, type Look } from '../../bench/live/kept-look.js';
import { summarise } from '../../bench/live/print.js';
import { readRecording, type Recording, type Truth } from '../../bench/live/recording.js';
import { takeLooks } from '../../bench/live/take-looks.js';
import { needs } from '../support/needs.js';
import { testConfig } from '../support/scopes.js';
import { SLOW_FROM, writeRecording } from './support/recording-folder.js';
import type { CaseFolder } from './support/case-folder.js';

describe('npm run bench:live', function () {
  this.timeout(300_000);
  let folder: CaseFolder;
  let recording: Recording;
  let looks: Look[];
  before(async function () {
    needs(this, 'prometheus', 'promtool');
    folder = writeRecording();
    recording = readRecording(`${folder.root}/slow-store`, testConfig());
    looks = await takeLooks(recording);
  });
  after(() => folder.remove());

  it('posts the alerts of the entry alone, as they were known at the time', () => {
    const [only, ...others] = alertsOf(recording);
    assert.equal(others.length, 0);
    assert.equal(only?.service, 'cart');
    assert.equal(only.firstAt, SLOW_FROM + 35);
    const statusAt = (now: number): string[] => knownAt(only.posts, now).map(({ status }) => status);
    assert.deepEqual(statusAt(SLOW_FROM), []);
    assert.deepEqual(statusAt(SLOW_FROM + 60), ['firing']);
    assert.deepEqual(statusAt(SLOW_FROM + 170), ['resolved']);
  });

  it('makes up an alert where there was none', () => {
    const [made] = alertsOf({ ...recording, posts: [] });
    assert.deepEqual([made?.service, made?.firstAt], ['cart', SLOW_FROM + 45]);
  });

  it('takes looks with and without the graph until the recording ends, and sees nothing later', () => {
    assert.deepEqual(
      looks.map(({ graph, after, repaired }) => [graph, after, repaired]),
      [
        ['given', 15, false],
        ['given', 45, false],
        ['given', 90, false],
        ['learnt', 15, false],
        ['learnt', 45, false],
        ['learnt', 90, false],
      ],
    );
    for (const { input, after } of looks) {
      const now = SLOW_FROM + 35 + after;
      assert.equal(input.window.end, Math.floor(now));
      assert.ok(input.changes.every(({ time }) => time <= now));
      for (const { times } of input.series) assert.ok(times.at(-1)! <= now);
    }
    assert.deepEqual(
      [looks[0], looks[2]].map((look) => look!.input.changes.length),
      [1, 2],
    );
    assert.deepEqual(
      [looks[0], looks[3]].map((look) => look!.input.graph.edges.length),
      [1, 0],
    );
  });

  it('reads what the collectors read: the step is there in the mean, the percentiles and the traffic', () => {
    const valueOf = (id: string): number => {
      const series = looks[2]!.input.series.find((one) => one.id === id);
      assert.ok(series, id);
      return series.values.at(-1)!;
    };
    assert.ok(Math.abs(valueOf('store/request-rate') - 10) < 0.5);
    assert.ok(valueOf('store/latency-p95') > 0.1);
  });

  it('keeps looks so that they are diagnosed again alike', () => {
    for (const look of looks) keepLook(`${folder.root}/kept`, look);
    const again = readLooks(`${folder.root}/kept`);
    assert.deepEqual(again, looks);
    assert.deepEqual(diagnoseLook(again[0]!, 3), diagnoseLook(looks[0]!, 3));
  });

  it('judges the first suspect, a surge by its kind, and a calm run by its silence', () => {
    const [look] = looks;
    const diagnosis = diagnoseLook(look!, 3);
    const as = (
      service: string,
      truth: Partial<Truth>,
      kind: 'network' | 'traffic-surge',
      confidence: number,
    ) => {
      const suspects = [{ ...diagnosis.suspects[0]!, service, faultKind: kind }];
      const verdict = { ...diagnosis.verdict, service, confidence };
      return judge({ ...look!, truth: { ...look!.truth, ...truth } }, { ...diagnosis, suspects, verdict });
    };
    assert.deepEqual(
      [as('store', {}, 'network', 0.9).right, as('store', {}, 'network', 0.9).kindRight],
      [true, true],
    );
    assert.equal(as('store', {}, 'traffic-surge', 0.9).kindRight, false);
    assert.equal(as('cart', {}, 'network', 0.9).right, false);
    assert.equal(as('cart', { service: 'load' }, 'traffic-surge', 0.9).right, true);
    assert.equal(as('store', { service: 'load' }, 'traffic-surge', 0.9).right, false);
    assert.equal(as('cart', { service: 'none' }, 'network', 0.49).right, true);
    assert.equal(as('cart', { service: 'none' }, 'network', 0.5).right, false);
  });

  it('counts first and last looks of an incident', () => {
    const judged = looks.map((look, index) => ({ ...judge(look, diagnoseLook(look, 3)), right: index < 1 }));
    const [given, learnt] = summarise(judged);
    const { looks: count, incidents, firstRight, lastRight } = given!.faulty;
    assert.deepEqual([count, incidents, firstRight, lastRight], [3, 1, 1, 0]);
    assert.deepEqual([learnt!.faulty.firstRight, learnt!.faulty.lastRight], [0, 0]);
  });
});
