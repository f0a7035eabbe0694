import assert from 'node:assert/strict';
import { neighbourhood } from '../../activities/collect/scope/neighbourhood.js';

const edges = (text: string) =>
  text.split(' ').map((pair) => {
    const [caller, callee] = pair.split('>') as [string, string];
    return { caller, callee, learntFrom: { source: 'test', seenAt: null } };
  });

describe('neighbourhood of a service', () => {
  it('finds callees, callers, and who else loads what it depends on', () => {
    const found = neighbourhood(edges('edge>api api>db batch>db other>batch db>disk far>edge'), 'api', 6);
    assert.deepEqual(
      new Map([...found].sort()),
      new Map([
        ['api', 0],
        ['batch', 2],
        ['db', 1],
        ['disk', 2],
        ['edge', 1],
        ['far', 2],
      ]),
    );
  });

  it('walks no further than it is told, and ends in circles', () => {
    assert.deepEqual([...neighbourhood(edges('a>b b>c c>d d>a'), 'a', 2).keys()].sort(), [
      'a',
      'b',
      'c',
      'd',
    ]);
    assert.deepEqual([...neighbourhood(edges('a>b b>c c>d'), 'a', 2).keys()].sort(), ['a', 'b', 'c']);
  });

  it('knows a service that nobody calls', () => {
    assert.deepEqual([...neighbourhood(edges('a>b'), 'lonely', 3)], [['lonely', 0]]);
  });
});
