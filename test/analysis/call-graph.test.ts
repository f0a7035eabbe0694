import assert from 'node:assert/strict';
import { buildCallGraph, hopsFrom } from '../../analysis/graph/call-graph.js';
import type { ServiceGraph } from '../../model/graph.js';

function graphOf(...calls: [string, string][]): ServiceGraph {
  return {
    services: [],
    edges: calls.map(([caller, callee]) => ({
      caller,
      callee,
      learntFrom: { source: 'test', seenAt: null },
    })),
    placements: [],
    external: [],
  };
}

describe('the call graph', () => {
  it('knows callers and callees, each once, and no call to itself', () => {
    const graph = buildCallGraph(graphOf(['a', 'b'], ['a', 'b'], ['b', 'b'], ['b', 'c']), ['z']);
    assert.deepEqual(graph.names, ['a', 'b', 'c', 'z']);
    assert.deepEqual(graph.callees, [[1], [2], [], []]);
    assert.deepEqual(graph.callers, [[], [0], [1], []]);
  });

  it('counts hops, also around a cycle', () => {
    const graph = buildCallGraph(graphOf(['a', 'b'], ['b', 'c'], ['c', 'a'], ['d', 'a']), []);
    assert.deepEqual([...hopsFrom(0, graph.callees)], [0, 1, 2, -1]);
    assert.deepEqual([...hopsFrom(2, graph.callers)], [2, 1, 0, 3]);
  });

  it('takes ten thousand services and fifty thousand calls in linear time', () => {
    const calls = Array.from({ length: 50_000 }, (_, index): [string, string] => [
      `s${index % 10_000}`,
      `s${(index * 7919 + 13) % 10_000}`,
    ]);
    const begin = performance.now();
    const graph = buildCallGraph(graphOf(...calls), []);
    for (let start = 0; start < 50; start += 1) hopsFrom(start, graph.callers);
    const took = performance.now() - begin;
    assert.equal(graph.names.length, 10_000);
    assert.ok(took < 3000, `took ${took} ms`);
  });
});
