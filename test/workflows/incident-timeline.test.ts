import assert from 'node:assert/strict';
import type { TimelineEntry } from '../../model/incident.js';
import { withEntry, type Timeline } from '../../workflows/incident/timeline.js';

const entry = (time: number): TimelineEntry => ({ time, what: `entry ${time}`, source: 'test' });
const timelineOf = (times: number[]): Timeline =>
  times.map(entry).reduce<Timeline>(withEntry, { entries: [], leftOut: null });

describe('the timeline of an incident', () => {
  it('is in order, however its entries come', () => {
    assert.deepEqual(
      timelineOf([30, 10, 20]).entries.map(({ time }) => time),
      [10, 20, 30],
    );
  });

  it('keeps the beginning and the end when it grows long, and says how much it leaves out between', () => {
    const { entries } = timelineOf(Array.from({ length: 1000 }, (_, i) => i * 60));
    assert.equal(entries.length, 251);
    assert.equal(entries[49]?.what, entry(49 * 60).what);
    assert.deepEqual(entries[50], {
      time: 50 * 60,
      what: '750 entries of the next 749 min left out here',
      source: 'faultline',
    });
    assert.equal(entries[51]?.time, 800 * 60);
    assert.equal(entries.at(-1)?.time, 999 * 60);
  });
});
