import assert from 'node:assert/strict';
import fc from 'fast-check';
import { advance, type Judgement } from '../../analysis/watch/index.js';
import type { EpisodeState } from '../../model/watch.js';

const PATIENCE = { forSeconds: 120, clearSeconds: 180 };
const EVERY = 60;

type Event = ReturnType<typeof advance>['event'];

/** Lets judgements come a minute apart, from second 0 on; `b` is bad, `w` well, `?` unknown. */
function live(story: string): { at: number; event: NonNullable<Event> }[] {
  let state: EpisodeState | null = null;
  return Array.from(story).flatMap((letter, index) => {
    const at = index * EVERY;
    const states = { b: 'bad', w: 'well', '?': 'unknown' } as const;
    const judgement: Judgement = {
      state: states[letter as keyof typeof states],
      since: null,
      statement: letter,
    };
    const step = advance(state, judgement, at, PATIENCE);
    state = step.state;
    return step.event ? [{ at, event: step.event }] : [];
  });
}

describe('the episodes of a watch', () => {
  it('begin when it has been bad for long enough, and count from when it became bad', () => {
    assert.deepEqual(live('wbbb'), [{ at: 180, event: { kind: 'fires', startedAt: 60 } }]);
  });

  it('do not begin for what passes', () => {
    assert.deepEqual(live('wbbwbbw'), []);
  });

  it('end when it has been well for long enough, at the moment it became well', () => {
    assert.deepEqual(live('bbbbwwww').at(-1), {
      at: 420,
      event: { kind: 'clears', startedAt: 0, endedAt: 240 },
    });
  });

  it('are one while it flaps', () => {
    assert.equal(live('bbbbwbwwbwbwwb').length, 1);
  });

  it('neither begin nor end by what is not known', () => {
    assert.deepEqual(live('????'), []);
    assert.equal(live('bbbb???b').length, 1);
    assert.equal(live('bb?b').length, 1, 'what was bad before and after has been bad');
  });

  it('end when nobody could see them for an hour', () => {
    const events = live(`bbb${'?'.repeat(61)}`);
    assert.deepEqual(
      events.map(({ event }) => event.kind),
      ['fires', 'clears'],
    );
  });

  it('alternate between firing and clearing, and never overlap, whatever comes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[bw?]{0,80}$/), (story) => {
        let end = -1;
        let open = false;
        for (const { event } of live(story)) {
          assert.equal(event.kind === 'fires', !open);
          open = event.kind === 'fires';
          if (event.kind === 'fires') assert.ok(event.startedAt >= end);
          else {
            assert.ok(event.endedAt >= event.startedAt);
            end = event.endedAt;
          }
        }
      }),
    );
  });
});
