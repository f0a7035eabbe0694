import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { triageWorkflowId } from '../../model/messages.js';
import { testServer } from '../support/dev-server.js';
import { startGate, type Gate } from '../support/gate.js';
import { keepHistory } from '../support/histories.js';
import { houseConfig, startHouse, type House } from '../support/house.js';
import { needs } from '../support/needs.js';
import { startWorkerProcess } from '../support/worker-process.js';
import { writeIncident, type WrittenIncident } from '../support/written-incident.js';

const RANGE_QUERIES = '/api/v1/query_range';

describe('when the world fails in the middle of a diagnosis', function () {
  this.timeout(180_000);
  let written: WrittenIncident;
  let gate: Gate;
  const endings: (() => Promise<void>)[] = [];
  before(async function () {
    needs(this, 'prometheus');
    written = await writeIncident();
    endings.push(() => written.close());
    gate = await startGate(written.prometheus.url);
    endings.push(() => gate.close());
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });
  afterEach(() => {
    gate.open();
    gate.delay(0);
    written.sink.posts.length = 0;
  });

  const options = () => ({
    directory: written.directory,
    prometheusUrl: gate.url,
    sinkUrl: written.sink.url,
  });

  async function inHouse(house: House, play: () => Promise<void>): Promise<void> {
    try {
      await play();
    } finally {
      await house.stop();
    }
  }

  it('a worker that is killed is followed by another, which finishes and posts nothing twice', async () => {
    const loaded = houseConfig(options());
    const server = await testServer();
    const house = await startHouse({ ...options(), loaded, worker: false });
    await inHouse(house, async () => {
      const first = await startWorkerProcess(loaded, server);
      gate.shut(RANGE_QUERIES);
      await house.post({ startsAt: written.alert, status: 'firing' });
      const id = await house.incident();
      while (gate.waiting() === 0) await sleep(50);
      await first.kill();
      gate.open();

      const second = await startWorkerProcess(loaded, server);
      try {
        const record = await house.untilPublished(id);
        assert.equal(record.diagnosis?.verdict.service, 'payment');
        assert.equal(written.sink.posts.length, 1);
        await house.post({ startsAt: written.alert, status: 'resolved' });
        assert.equal((await house.result(id)).state, 'resolved');
        const ids = written.sink.posts.map(({ body }) => body.id);
        assert.equal(new Set(ids).size, ids.length, 'no post has the same id as another');
        assert.equal(ids.length, 2);
      } finally {
        await second.stop();
      }
    });
  });

  it('a metrics source that is down makes the summary say so; when it is back, the cause is told', async () => {
    const house = await startHouse({
      ...options(),
      sourceTimeoutSeconds: 3,
      followUp: { reevaluateSeconds: 3 },
    });
    await inHouse(house, async () => {
      await written.prometheus.kill();
      await house.post({ startsAt: written.alert, status: 'firing' });
      const id = await house.incident();
      const blind = await house.untilPublished(id);
      assert.equal(blind.diagnosis, null);
      assert.match(blind.gaps.map((gap) => gap.what).join(), /services around storefront/);
      assert.equal(written.sink.posts.length, 1);

      await written.prometheus.restart();
      const seeing = await house.until(
        id,
        ({ diagnosis, publications }) => diagnosis !== null && publications.length > 1,
      );
      assert.equal(seeing.diagnosis?.verdict.service, 'payment');
      await house.incidents.cancel(id, { by: 'test', reason: 'done' });
      await house.result(id);
      await keepHistory(house.client.workflow.getHandle(id), 'incident-blind-then-cancelled');
    });
  });

  it('a metrics source that takes seconds for each query gives a diagnosis, and gaps for what there was no time for', async () => {
    const house = await startHouse({ ...options(), sourceTimeoutSeconds: 26 });
    await inHouse(house, async () => {
      gate.delay(5_000);
      await house.post({ startsAt: written.alert, status: 'firing' });
      const record = await house.untilPublished(await house.incident());
      assert.notEqual(record.diagnosis, null, JSON.stringify(record.gaps));
      assert.match(record.evidence.map(({ summary }) => summary).join(), /[1-9]\d* series/);
      assert.match(
        JSON.stringify(record.gaps),
        /no time left for it after 26 s \(diagnosis\.sourceTimeoutSeconds\)/,
      );
      await house.incidents.cancel(record.id, { by: 'test', reason: 'done' });
      await house.result(record.id);
    });
  });

  it('duplicates and repeats of a post start nothing, and another alert of the group joins', async () => {
    const house = await startHouse(options());
    await inHouse(house, async () => {
      const alert = { startsAt: written.alert, status: 'firing' as const };
      await Promise.all([house.post(alert), house.post(alert), house.post(alert)]);
      const id = await house.incident();
      await house.untilPublished(id);
      await house.post({ ...alert, reason: 'repeat interval elapsed' });
      await house.post({ ...alert, alertname: 'StorefrontErrors', reason: 'new alerts added' });
      const joined = await house.until(id, ({ anomalies }) => anomalies.length > 1);
      assert.equal(joined.anomalies.length, 2);
      const { incidents } = await house.incidents.list({ environment: [house.environment] }, { limit: 10 });
      assert.deepEqual(
        incidents.map((one) => one.id),
        [id],
      );
      await house.incidents.cancel(id, { by: 'test', reason: 'done' });
      await house.result(id);

      await house.post({ ...alert, reason: 'repeat interval elapsed' });
      await sleep(1_500);
      const after = await house.incidents.list({ environment: [house.environment] }, { limit: 10 });
      assert.equal(after.incidents.length, 1, 'a repeat of what was handled opens nothing');
      await keepHistory(
        house.client.workflow.getHandle(triageWorkflowId(house.environment)),
        'triage-duplicates',
      );
    });
  });

  it('an alert that resolves during the diagnosis still gets its cause, and then the final report', async () => {
    const house = await startHouse(options());
    await inHouse(house, async () => {
      gate.shut(RANGE_QUERIES);
      await house.post({ startsAt: written.alert, status: 'firing' });
      const id = await house.incident();
      while (gate.waiting() === 0) await sleep(50);
      await house.post({ startsAt: written.alert, status: 'resolved' });
      gate.open();
      const final = await house.result(id);
      assert.equal(final.state, 'resolved');
      assert.equal(final.diagnosis?.verdict.service, 'payment');
      assert.equal(written.sink.posts.length, 2);
      await keepHistory(house.client.workflow.getHandle(id), 'incident-resolved-while-looking');
    });
  });
});
