import assert from 'node:assert/strict';
import { neighbourhood } from '../../activities/collect/scope/neighbourhood.js';

const edges = (text: string) =>
  text.split(' ').map((pair) => {
    const [caller, callee] = pair.split('>') as [string, string];
    return { caller, callee, learntFrom: { source: 'test', seenAt: null } };
  });

describe('neighbourhood of a service', () => {
  it('walks no further than it is told, and ends in circles', () => {
    assert.deepEqual([...neighbourhood(edges('a>b b>c c>d d>a'), 'a', 2).keys()].sort(), [
      'a',
      'b',
      'c',
      'd',
    ]);
    assert.deepEqual([...neighbourhood(edges('a>b b>c c>d'), 'a', 2).keys()].sort(), ['a', 'b', 'c']);
  });
});
