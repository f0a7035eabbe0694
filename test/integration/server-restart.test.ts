import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { startDevServer } from '../../workers/dev/dev-server.js';
import { startGate } from '../support/gate.js';
import { startHouse } from '../support/house.js';
import { needs } from '../support/needs.js';
import { writeIncident } from '../support/written-incident.js';

describe('a Temporal server on a file', function () {
  this.timeout(180_000);
  before(function () {
    needs(this, 'prometheus');
  });

  it('that is stopped in the middle of a diagnosis lets it end after its restart, with one post', async () => {
    const endings: (() => Promise<void>)[] = [];
    try {
      const written = await writeIncident();
      endings.push(() => written.close());
      const gate = await startGate(written.prometheus.url);
      endings.push(() => gate.close());

      const log = pino({ level: 'silent' });
      const dbFile = join(written.directory, 'temporal.db');
      const first = await startDevServer({ log, dbFile, ui: false });
      endings.push(() => first.stop());
      const port = Number(first.address.split(':')[1]);
      const connection = Connection.lazy({ address: first.address });
      endings.push(() => connection.close());
      const house = await startHouse({
        directory: written.directory,
        prometheusUrl: gate.url,
        sinkUrl: written.sink.url,
        server: { ...first, client: new Client({ connection }) },
      });
      endings.push(() => house.stop());

      gate.shut('/api/v1/query_range');
      await house.post({ startsAt: written.alert, status: 'firing' });
      const id = await house.incident();
      while (gate.waiting() === 0) await sleep(50);
      await first.stop();

      const refused = await house.post({ startsAt: written.alert + 1, status: 'firing' });
      assert.equal(refused.status, 503, 'nothing is accepted that Temporal does not hold');
      assert.ok(Number(refused.headers['retry-after']) > 0);

      const second = await startDevServer({ log, dbFile, port, ui: false });
      endings.push(() => second.stop());
      gate.open();
      const record = await house.untilPublished(id);
      assert.equal(record.diagnosis?.verdict.service, 'payment');
      assert.equal(written.sink.posts.length, 1);
    } finally {
      for (const end of endings.reverse()) await end();
    }
  });
});
