import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import { estate } from '../support/estate.js';
import { randomOf } from '../support/random.js';

/** Rounds in which a diagnosis may show its speed. */
const ROUNDS = 6;

/**
 * Demands that in one of some rounds `work` takes no longer than to parse `text`. Both are timed in each round: other
 * work on the machine slows any of them, but not every one.
 */
function demandFasterThanParsing(text: string, work: () => unknown): void {
  const told: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const working = milliseconds(work);
    const parsing = milliseconds(() => JSON.parse(text) as unknown);
    if (working <= parsing) return;
    told.push(`${working.toFixed(0)} ms, parsing ${parsing.toFixed(0)} ms`);
  }
  assert.fail(`slower than parsing in every round: ${told.join('; ')}`);
}

function milliseconds(work: () => unknown): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

describe('speed', () => {
  it('diagnoses 10,000 series in less time than JSON takes to parse them', function () {
    this.timeout(120_000);
    const { input } = estate({
      seed: 5,
      services: 1250,
      before: 220,
      after: 20,
      faults: [{ service: 30, trouble: 'cpu' }],
    });
    assert.equal(input.series.length, 10_000);
    const text = JSON.stringify({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: input.series.map(({ name, id, times, values }) => ({
          metric: { __name__: name, service: id, instance: '10.0.0.1:9090', job: 'estate' },
          values: Array.from(values, (value, row) => [times[row], String(value)]),
        })),
      },
    });
    demandFasterThanParsing(text, () => diagnose(input));
  });

  it('walks 10,000 services and 50,000 calls, many of which suffer, in less time than their JSON takes', function () {
    this.timeout(120_000);
    const { input, names } = estate({
      seed: 5,
      services: 10_000,
      before: 100,
      after: 20,
      without: ['resources', 'errors'],
      faults: Array.from({ length: 40 }, (_, index) => ({ service: 9000 + 20 * index, trouble: 'cpu' })),
    });
    const random = randomOf(7);
    const { edges } = input.graph;
    while (edges.length < 50_000) {
      const callee = random.whole(1, names.length - 1);
      const caller = random.whole(0, callee - 1);
      edges.push({ caller: names[caller]!, callee: names[callee]!, learntFrom: edges[0]!.learntFrom });
    }
    const text = JSON.stringify(
      input.series.map(({ id, times, values }) => ({
        metric: { service: id, instance: '10.0.0.1:9090', job: 'estate' },
        values: Array.from(values, (value, row) => [times[row], String(value)]),
      })),
    );
    const suffering = diagnose(input).ranking.filter(({ score }) => score > 0).length;
    assert.ok(suffering >= 100, `${suffering} are suspected`);
    demandFasterThanParsing(text, () => diagnose(input));
  });
});
