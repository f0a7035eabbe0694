import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createDeliver } from '../../activities/deliver/deliver.js';
import { searchKeys } from '../../client/temporal.js';
import type { DeliveryResult, IncidentMessage, OutboxItem } from '../../model/delivery.js';
import { anAnomaly } from '../support/anomalies.js';
import { testServer, uniqueName, type TestServer } from '../support/dev-server.js';

/** On a real server, with incidents that are started where nobody polls. */
describe('delivery to incidents', function () {
  this.timeout(120_000);
  let server: TestServer;
  const incidents: string[] = [];
  before(async () => {
    server = await testServer();
  });
  after(async () => {
    for (const id of incidents)
      await handle(id)
        .terminate()
        .catch(() => undefined);
  });

  const handle = (id: string) => server.client.workflow.getHandle(id);

  function newIncident(): string {
    const id = `incident/checkout/${uniqueName('deliver')}`;
    incidents.push(id);
    return id;
  }

  function item(incident: string, id: string, differences: Partial<OutboxItem> = {}): OutboxItem {
    const body: IncidentMessage['body'] = { kind: 'firing', anomalies: [anAnomaly({ fingerprint: id })] };
    return { incident, environment: 'deliveries', start: false, message: { id, body }, ...differences };
  }

  async function deliver(
    items: OutboxItem[],
    info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {},
  ): Promise<DeliveryResult[]> {
    const environment = new MockActivityEnvironment(
      { attempt: 1, ...info },
      { client: server.client, logger: new DefaultLogger('ERROR') },
    );
    const activity = createDeliver({ taskQueue: 'nobody' }).deliver;
    return environment.run<[{ items: OutboxItem[] }], DeliveryResult[], typeof activity>(activity, { items });
  }

  /** Ids of the messages that an incident was signalled, in order. */
  async function received(id: string): Promise<string[]> {
    const { events } = await handle(id).fetchHistory();
    return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
      const data = signal?.input?.payloads?.[0]?.data;
      if (!data) return [];
      return (JSON.parse(Buffer.from(data).toString()) as IncidentMessage[]).map((message) => message.id);
    });
  }

  it('starts incidents with what they are found by, keeps the order of messages, and says which have ended', async () => {
    const [one, none] = [newIncident(), newIncident()];
    const results = await deliver([item(one, 'm1', { start: true }), item(none, 'm2'), item(one, 'm3')]);
    const outcomes = new Map(results.map(({ id, outcome }) => [id, outcome]));
    assert.deepEqual(
      ['m1', 'm2', 'm3'].map((id) => outcomes.get(id)),
      ['delivered', 'ended', 'delivered'],
    );
    await deliver([item(one, 'm4')]);
    assert.deepEqual(await received(one), ['m1', 'm3', 'm4']);
    const { typedSearchAttributes } = await handle(one).describe();
    assert.equal(typedSearchAttributes.get(searchKeys.service), 'checkout');
    assert.equal(typedSearchAttributes.get(searchKeys.environment), 'deliveries');
  });

  it('goes on in a retry where the attempt before it noted its progress', async () => {
    const one = newIncident();
    const noted: DeliveryResult = { id: 'm1', outcome: 'delivered' };
    const results = await deliver([item(one, 'm1', { start: true }), item(one, 'm2', { start: true })], {
      attempt: 2,
      heartbeatDetails: { results: [noted] },
    });
    assert.deepEqual(results, [noted, { id: 'm2', outcome: 'delivered' }]);
    assert.deepEqual(await received(one), ['m2']);
  });

  it('does not start an incident in a retry that has ended meanwhile, unless alerts of another come', async () => {
    const one = newIncident();
    const scheduled = Date.now() - 1_000;
    await deliver([item(one, 'm1', { start: true })]);
    await handle(one).terminate();
    const retry = { attempt: 2, scheduledTimestampMs: scheduled };
    const again = item(one, 'm1', { start: true });
    assert.deepEqual(await deliver([again], retry), [{ id: 'm1', outcome: 'ended' }]);
    const { body } = again.message;
    assert.ok(body.kind === 'firing');
    const transferred: IncidentMessage = {
      id: 'm5',
      body: {
        kind: 'transferred',
        from: 'incident/other',
        by: 'ann',
        anomalies: body.anomalies,
        counted: {},
      },
    };
    assert.deepEqual(await deliver([item(one, 'm5', { start: true, message: transferred })], retry), [
      { id: 'm5', outcome: 'delivered' },
    ]);
  });

  it('answers what it could deliver when one incident refuses, and fails when there is nothing else', async () => {
    const one = newIncident();
    const refused = item('x'.repeat(2_000), 'm1', { start: true });
    assert.deepEqual(await deliver([refused, item(one, 'm2', { start: true })]), [
      { id: 'm2', outcome: 'delivered' },
    ]);
    await assert.rejects(deliver([refused]));
  });
});
