import assert from 'node:assert/strict';
import type { TimelineEntry } from '../../model/incident.js';
import { Timeline } from '../../workflows/timeline.js';

const entry = (time: number): TimelineEntry => ({ time, what: `entry ${time}`, source: 'test' });

describe('the timeline of an incident', () => {
  it('is in order, however its entries come', () => {
    const record = { timeline: [] as TimelineEntry[] };
    const timeline = new Timeline(record);
    for (const time of [30, 10, 20]) timeline.add(entry(time));
    assert.deepEqual(
      record.timeline.map(({ time }) => time),
      [10, 20, 30],
    );
  });

  it('keeps the beginning and the end when it grows long, and says how much it leaves out between', () => {
    const record = { timeline: [] as TimelineEntry[] };
    let timeline = new Timeline(record);
    for (let i = 0; i < 1000; i++) {
      timeline.add(entry(i * 60));
      // As if the run went on as another after each of them.
      timeline = new Timeline(record, timeline.snapshot());
    }
    assert.equal(record.timeline.length, 251);
    assert.equal(record.timeline[49]?.what, entry(49 * 60).what);
    assert.deepEqual(record.timeline[50], {
      time: 50 * 60,
      what: '750 entries of the next 749 min left out here',
      source: 'faultline',
    });
    assert.equal(record.timeline[51]?.time, 800 * 60);
    assert.equal(record.timeline.at(-1)?.time, 999 * 60);
  });
});
