import assert from 'node:assert/strict';
import type { Label } from '../../bench/rca/labels.js';
import type { Answer } from '../../bench/rca/run-case.js';
import { coverageOf } from '../../bench/rca/score.js';
import { summarise, type Judged } from '../../bench/rca/summary.js';

function judged(id: string, answer: Partial<Answer>, label: Partial<Label>): Judged {
  return {
    run: {
      folder: id,
      broken: null,
      id,
      dataset: 'x',
      candidates: ['cart', 'store'],
      answers: [
        {
          services: ['cart', 'store'],
          commit: 'none',
          faultKind: 'cpu',
          confidence: 0.8,
          verdict: 'suspected',
          candidates: { services: ['cart'], coverage: 0.8 },
          scores: [8, 2],
          doubts: { noise: null, best: 8 },
          most: 1,
          evidence: 'metrics',
          seconds: 0,
          ...answer,
        },
      ],
      baselines: {},
    },
    label: {
      services: [],
      faultType: 'none',
      situation: 'healthy',
      faultKinds: [],
      commit: null,
      decoys: [],
      ...label,
    },
  };
}

describe('summary of a bench', () => {
  it('counts as blame what names a service where nobody is to blame, with 50 % and more', () => {
    const { innocent, innocentBySituation } = summarise([
      judged('a', {}, {}),
      judged('b', { confidence: 0.4 }, { commit: 'none' }),
      judged('c', { confidence: 0.9, verdict: 'confirmed' }, {}),
      judged('d', { confidence: 0.1, verdict: 'inconclusive' }, {}),
    ]);
    assert.deepEqual(innocent, { cases: 4, blamed: 0.75, told: 0.5, confirmed: 0.25 });
    assert.deepEqual(innocentBySituation, [{ name: 'healthy', ...innocent }]);
  });

  it('takes no blame in the kind of what everybody suffers from alike', () => {
    const host = judged('a', { faultKind: 'host' }, { faultKinds: ['host'] });
    const cpu = judged('b', { faultKind: 'cpu' }, { faultKinds: ['host'] });
    assert.equal(summarise([host, cpu]).innocent.told, 0.5);
    assert.equal(summarise([host]).calibration.bins[0]?.held, 1);
  });

  it('takes healthy cases into the reliability of their data set', () => {
    const [x] = summarise([judged('a', {}, { services: ['cart'] }), judged('b', {}, {})]).confidence;
    assert.equal(x?.calibration.bins[0]?.held, 0.5);
  });

  it('tells the accuracy and the kind by situation', () => {
    const { groups } = summarise([
      judged('a', {}, { services: ['cart'], situation: 'rare', faultKinds: ['cpu'] }),
      judged('b', {}, { services: ['cart'], situation: 'rare', faultKinds: ['disk'] }),
      judged('c', {}, { services: ['store'], situation: 'plain' }),
    ]);
    const rows = groups.filter(({ by }) => by === 'situation');
    assert.deepEqual(
      rows.map(({ name, cases, ac1, kindRight }) => [name, cases, ac1, kindRight]),
      [
        ['plain', 1, 0, 0],
        ['rare', 2, 1, 0.5],
      ],
    );
  });
});

describe('risk against coverage', () => {
  it('counts the most certain first', () => {
    const answers = [0.9, 0.8, 0.7, 0.6].map((confidence, index) => ({
      id: String(index),
      confidence,
      right: index < 2,
    }));
    assert.deepEqual(
      coverageOf(answers).map(({ cases, right }) => [cases, right]),
      [
        [1, 1],
        [2, 1],
        [3, 2 / 3],
        [4, 0.5],
      ],
    );
    assert.equal(coverageOf([])[0]?.right, 0);
  });
});
