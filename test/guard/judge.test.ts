import assert from 'node:assert/strict';
import { judgeLook } from '../../activities/guard/judge.js';
import { diagnose } from '../../analysis/index.js';
import type { Change } from '../../model/change.js';
import type { GuardLook } from '../../model/guard.js';
import { decide, lookEverySeconds } from '../../workflows/guard/looks.js';
import { ALERT, calls, inputOf, of } from '../support/small-system.js';

/** A rollout of `front` at the moment at which what goes wrong does. */
const REQUEST = { service: 'front', since: ALERT, changeId: 'v2' };

const release: Change = {
  ...{ id: 'v2', kind: 'deploy', time: ALERT, service: 'front', title: 'front v2', details: '', files: [] },
  ...{ author: null, link: null, source: 'ci' },
};

const calm = (service: string) => [
  of(service, 'latency', 0.05, 0.05),
  of(service, 'errors', 0.001, 0.001),
  of(service, 'traffic', 50, 50),
  of(service, 'cpu', 0.2, 0.2),
];
const edges: [string, string][] = [['front', 'back']];

/** What a look of a guard concludes: its anomaly says no more than when the rollout began. */
function diagnosed(series: ReturnType<typeof calm>, changes: Change[]) {
  const anomaly = { service: 'front', symptom: 'other' as const, time: ALERT };
  return diagnose({ ...inputOf('errors', edges, series), anomaly, changes });
}

function judged(series: ReturnType<typeof calm>, changes: Change[] = [release]) {
  const diagnosis = diagnosed(series, changes);
  return { ...judgeLook(diagnosis, series, REQUEST), diagnosis };
}

describe('judging a rollout by what was seen since', () => {
  it('passes one after which nothing got worse', () => {
    const { finding, reason } = judged([...calm('front'), ...calm('back')]);
    assert.deepEqual(
      [finding, reason],
      ['healthy', 'Nothing that people feel of front got worse with the rollout'],
    );
  });

  it('says which half of it was not seen', () => {
    const half = [of('front', 'latency', 0.05, 0.05), of('front', 'traffic', 50, 50)];
    const { finding, reason } = judged([...half, ...calm('back')]);
    assert.equal(finding, 'healthy');
    assert.match(reason, /; its errors could not be read$/);
  });

  it('fails one whose service is named as the cause', () => {
    const broken = [
      of('front', 'latency', 0.05, 0.06),
      of('front', 'errors', 0.001, 0.4),
      of('front', 'traffic', 50, 50),
    ];
    const { finding, reason, diagnosis } = judged([...broken, ...calm('back')]);
    assert.equal(diagnosis.verdict.service, 'front');
    assert.ok(finding === 'failing' || finding === 'confirmed', `${finding}: ${reason}`);
  });

  it('cannot tell of trouble that the diagnosis explains by another service', () => {
    const series = [
      ...[
        of('front', 'latency', 0.05, 1.2),
        of('front', 'errors', 0.001, 0.4),
        of('front', 'traffic', 50, 50),
      ],
      ...[of('back', 'latency', 0.02, 1.1), of('back', 'errors', 0.001, 0.4), of('back', 'traffic', 50, 50)],
      ...[
        of('back', 'cpu', 0.2, 0.99),
        calls('front', 'back', 'errors', 0.001, 0.4),
        calls('front', 'back', 'latency', 0.02, 1.1),
      ],
    ];
    const { finding, reason } = judged(series, []);
    assert.equal(finding, 'cannot-tell');
    assert.match(reason, /of front got worse, and the diagnosis names \S+ at back as the cause/);
  });

  it('cannot tell without metrics of the service, without samples since, or with too few requests', () => {
    const cases: [series: ReturnType<typeof calm>, reason: RegExp][] = [
      [calm('back'), /Neither latency nor errors of front could be read/],
      [
        [of('front', 'traffic', 50, 50), ...calm('back')],
        /Neither latency nor errors of front could be read/,
      ],
      [[of('front', 'latency', 0.05, null), ...calm('back')], /Nothing was read of front since the rollout/],
      [
        [of('front', 'latency', 0.05, 0.05), of('front', 'traffic', 0.05, 0.05), ...calm('back')],
        /front had 1\d requests since the rollout; fewer than 20 say nothing/,
      ],
    ];
    for (const [series, expected] of cases) {
      const { finding, reason } = judged(series);
      assert.equal(finding, 'cannot-tell');
      assert.match(reason, expected);
    }
  });

  it('does not blame a rollout for trouble that was there before', () => {
    const broken = [
      of('front', 'errors', 0.001, 0.4, -12),
      of('front', 'latency', 0.05, 0.6, -12),
      of('front', 'traffic', 50, 50),
    ];
    const { finding, diagnosis } = judged([...broken, ...calm('back')], []);
    assert.equal(diagnosis.verdict.service, 'front', 'the trouble itself is seen');
    assert.equal(finding, 'healthy');
  });

  it('cannot tell of a cause that began before the rollout', () => {
    const series = [
      of('front', 'latency', 0.05, 1.2),
      of('front', 'errors', 0.001, 0.4),
      of('front', 'traffic', 50, 50),
    ];
    const input = [...series, ...calm('back')];
    const diagnosis = diagnosed(input, []);
    const { finding, reason } = judgeLook(diagnosis, input, {
      ...REQUEST,
      since: ALERT + 200,
      changeId: null,
    });
    assert.equal(finding, 'cannot-tell');
    assert.match(reason, /front is in trouble that began before the rollout/);
  });

  it('takes what nobody feels for no harm', () => {
    const series = [
      of('front', 'latency', 0.05, 0.058),
      of('front', 'errors', 0.001, 0.003),
      of('front', 'traffic', 50, 50),
    ];
    assert.equal(judged([...series, of('front', 'cpu', 0.2, 0.9), ...calm('back')]).finding, 'healthy');
  });
});

describe('what the looks of a guard decide', () => {
  const looks = (...findings: GuardLook['finding'][]): GuardLook[] =>
    findings.map((finding, i) => ({ at: i, finding, reason: `${finding} ${i}` }));

  const cases: [looks: GuardLook[], isLast: boolean, verdict: string | null][] = [
    [[], false, null],
    [looks('cannot-tell'), false, null],
    [looks('healthy', 'failing'), false, null],
    [looks('failing', 'failing'), false, 'fail'],
    [looks('failing', 'healthy', 'failing'), false, null],
    [looks('confirmed'), false, 'fail'],
    [looks('healthy', 'failing'), true, 'fail'],
    [looks('failing', 'healthy'), true, 'pass'],
    [looks('healthy', 'cannot-tell'), true, 'cannot-tell'],
    [looks('cannot-tell', 'healthy'), true, 'pass'],
  ];
  for (const [given, isLast, verdict] of cases) {
    const seen = given.map(({ finding }) => finding).join(', ') || 'nothing';
    it(`${isLast ? 'in the end' : 'meanwhile'}, after ${seen}: ${verdict ?? 'goes on'}`, () => {
      assert.equal(decide(given, isLast)?.verdict ?? null, verdict);
    });
  }

  it('come a minute apart at least, and twelve in the whole time', () => {
    assert.deepEqual(
      [60, 900, 3600, 43_200].map((forSeconds) => lookEverySeconds({ forSeconds })),
      [60, 75, 300, 3600],
    );
  });
});
