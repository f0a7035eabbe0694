import assert from 'node:assert/strict';
import { runStorm } from '../../bench/storm/run-storm.js';

describe('a storm', function () {
  this.timeout(240_000);
  // Processes that find no core start late: the rate that the receiver reaches and the new worker's start depend on it.
  this.retries(1);

  it('of 600 alerts becomes three incidents and loses none, although the worker is killed in the middle', async () => {
    const result = await runStorm({
      alerts: 600,
      services: 61,
      seconds: 12,
      workerDies: [0.5],
      serverDies: [],
      compared: { calls: 60, alerts: 300 },
    });
    assert.deepEqual([result.sent, result.accepted, result.lost], [600, 600, 0]);
    assert.ok(result.incidents >= 3 && result.incidents <= 5, `${result.incidents} incidents`);
    assert.ok(result.ratio > 1, `the receiver took ${result.ratio} times what single calls take`);
  });
});
