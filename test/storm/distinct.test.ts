import assert from 'node:assert/strict';
import { pino } from 'pino';
import { runDistinct } from '../../bench/storm/distinct.js';
import { startDevServer } from '../../workers/dev/dev-server.js';

describe('a storm of alerts that have nothing in common', function () {
  this.timeout(300_000);

  it('opens an incident for each, also when triage continues as new in the middle', async () => {
    const server = await startDevServer({ log: pino({ level: 'silent' }), ui: false });
    try {
      const { address, namespace } = server;
      // Three kilobytes each: more than the four megabytes of history at which the server wants another run.
      const result = await runDistinct({ address, namespace, incidents: 900, textBytes: 3_000 });
      assert.equal(result.opened, 900);
      assert.ok(result.personWaited < 60, `a person waited for ${result.personWaited} s`);
      assert.ok(result.runs >= 2, `${result.runs} runs of triage`);
      assert.ok(result.mostBytes < 20_000_000 && result.mostEvents < 5_000, JSON.stringify(result));
    } finally {
      await server.stop();
    }
  });
});
