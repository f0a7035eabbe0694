import assert from 'node:assert/strict';
import { Worker } from '@temporalio/worker';
import type { Policy } from '../../activities/contract.js';
import { AmbiguousId, BadInput, IncidentNotFound, NoWorker, Refused } from '../../client/errors.js';
import type { Incidents } from '../../client/incidents.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import type { Progress } from '../../model/progress.js';
import { triageWorkflowId } from '../../model/messages.js';
import { anAnomaly } from '../support/anomalies.js';
import { testServer, uniqueName, type TestServer } from '../support/dev-server.js';
import { fakeActivities, POLICY } from '../support/fake-activities.js';
import { workflowBundle } from '../support/workflow-lab.js';

/** The library against a real server and the real workflows; only the activities are stand-ins. */
describe('incidents', function () {
  this.timeout(60_000);

  const environment = uniqueName('env');
  const taskQueue = uniqueName('client');
  const activities = fakeActivities().activities;
  const now = Math.floor(Date.now() / 1000);
  let server: TestServer;
  let incidents: Incidents;

  before(async () => {
    server = await testServer();
    incidents = createIncidents(openTemporal({ server }), { taskQueue });
    await workflowBundle();
  });
  after(async () => {
    await incidents.close();
    await server.client.workflow.getHandle(triageWorkflowId(environment)).terminate('end of the test');
  });

  async function withWorker<T>(work: () => Promise<T>, policy: Partial<Policy> = {}): Promise<T> {
    const readPolicy = () => Promise.resolve({ ...POLICY, ...policy });
    const worker = await Worker.create({
      connection: server.nativeConnection,
      taskQueue,
      activities: { ...activities, readPolicy },
      workflowBundle: await workflowBundle(),
    });
    return worker.runUntil(work);
  }

  function start(service: string) {
    return incidents.start({
      environment,
      service,
      symptom: 'latency',
      severity: 'critical',
      since: now - 60,
    });
  }

  /** Everything that watching an incident shows. */
  async function progressOf(id: string): Promise<Progress[]> {
    const seen: Progress[] = [];
    for await (const progress of incidents.watch(id, { everyMilliseconds: 20 })) seen.push(progress);
    return seen;
  }

  /** Visibility follows a moment after. */
  async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
    for (let left = 100; ; left--) {
      const seen = await look();
      if (holds(seen)) return seen;
      if (left === 0) assert.fail(`still ${JSON.stringify(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('are raised durably while no worker runs, and opened by the first one that does', async () => {
    const service = uniqueName('raised');
    const anomaly = anAnomaly({ environment, service, group: 'abc123', startedAt: now });
    await incidents.raise([anomaly], { timeoutSeconds: 2 });
    await incidents.raise([anomaly], { timeoutSeconds: 2 });
    await withWorker(async () => {
      const { incidents: rows } = await eventually(
        () => incidents.list({ service: [service] }, { limit: 10 }),
        (list) => list.incidents.length > 0,
      );
      assert.equal(rows.length, 1);
      const [row] = rows;
      assert.ok(row);
      assert.equal(row.title, anomaly.title);
      assert.match(row.id, new RegExp(`^incident/${service}/\\d{8}-\\d{4}-abc123$`));
      await progressOf(row.id);
    });
  });

  it('are started by a person, watched to their summary, and shown', () =>
    withWorker(async () => {
      const service = uniqueName('watched');
      const { workflowId, joined } = await start(service);
      assert.equal(joined, false);
      assert.deepEqual(await start(service), {
        fingerprint: (await incidents.show(workflowId)).anomalies[0]?.fingerprint,
        workflowId,
        joined: true,
      });

      const seen = await progressOf(workflowId);
      assert.equal(seen.at(-1)?.state, 'following');
      assert.ok(seen.at(-1)?.steps.every((step) => step.state === 'done'));

      const record = await incidents.show(workflowId);
      assert.equal(record.service, service);
      assert.equal(record.severity, 'critical');
      assert.equal(record.diagnosis?.verdict.service, 'payment');
    }));

  it('are found by a part of their id', () =>
    withWorker(async () => {
      const service = uniqueName('part');
      const [one, other] = [await start(`${service}-a`), await start(`${service}-b`)];
      await eventually(
        () => incidents.list({ service: [`${service}-a`, `${service}-b`] }, { limit: 10 }),
        (list) => list.incidents.length === 2,
      );
      assert.equal((await incidents.show(`${service}-a`)).id, one.workflowId);
      assert.equal(await incidents.findId(other.workflowId.slice(-11)), other.workflowId);
      await assert.rejects(incidents.show(service), AmbiguousId);
    }));

  it('are listed by what they are about, and by nothing else', () =>
    withWorker(async () => {
      const service = uniqueName("it's");
      const { workflowId } = await start(service);
      await progressOf(workflowId);
      const everything = {
        environment: [environment],
        service: [service, 'another'],
        severity: ['critical'],
        state: ['following'],
        rootCause: ['payment'],
        since: now - 60,
      };
      const { incidents: rows, more } = await eventually(
        () => incidents.list(everything, { limit: 1 }),
        (list) => list.incidents.length === 1,
      );
      assert.equal(more, false);
      const { runId, openedAt, ...row } = rows[0] ?? assert.fail();
      assert.ok(runId.length > 0 && openedAt >= now);
      assert.deepEqual(row, {
        id: workflowId,
        environment,
        service,
        severity: 'critical',
        state: 'following',
        open: true,
        rootCause: 'payment',
        faultKind: 'cpu',
        verdict: 'suspected',
        confidence: 0.78,
        feedback: null,
        title: `Reported manually: latency on ${service}`,
        closedAt: null,
      });

      const misses = [
        { environment: ['elsewhere'] },
        { service: ['another'] },
        { severity: ['info'] },
        { state: ['closed'] },
        { rootCause: ['ledger'] },
        { since: now + 3600 },
      ];
      for (const miss of misses) {
        const list = await incidents.list({ ...everything, ...miss }, { limit: 1 });
        assert.deepEqual(list, { incidents: [], more: false }, JSON.stringify(miss));
      }
      const open = await incidents.list({ environment: [environment], state: ['open'] }, { limit: 1 });
      assert.equal(open.incidents.length, 1);
      assert.equal(open.more, true);
    }));

  it('cannot answer without a worker, which is told from a missing server', async () => {
    const id = await withWorker(async () => (await start(uniqueName('alone'))).workflowId);
    const hasty = createIncidents(openTemporal({ server }), { taskQueue, answerMilliseconds: 500 });
    const expected = (error: unknown) =>
      error instanceof NoWorker &&
      error.message.includes('no worker does; start one with `faultline worker`');
    await assert.rejects(hasty.progress(id), expected);
    await assert.rejects(hasty.acknowledge(id, { by: 'ann' }), expected);
    await assert.rejects(
      hasty.start({ environment, service: 'x', symptom: 'errors', severity: 'info', since: now }),
      expected,
    );
    await hasty.close();
  });

  it('are acknowledged, judged and cancelled, and then closed', async () => {
    const id = await withWorker(async () => {
      const { workflowId } = await start(uniqueName('steered'));
      await progressOf(workflowId);
      assert.equal((await incidents.acknowledge(workflowId, { by: 'ann' })).acknowledged?.by, 'ann');
      const judged = await incidents.giveFeedback(workflowId, {
        grade: 'wrong' as const,
        service: 'ledger',
        faultKind: 'disk',
        note: 'the disk was full',
        by: 'ann',
      });
      assert.deepEqual(
        { ...judged.feedback, at: null },
        {
          grade: 'wrong' as const,
          service: 'ledger',
          faultKind: 'disk',
          note: 'the disk was full',
          by: 'ann',
          at: null,
        },
      );
      await assert.rejects(
        incidents.acknowledge(workflowId, { by: ' ' }),
        (error: unknown) => error instanceof Refused && error.message.includes('by: expected'),
      );
      await incidents.cancel(workflowId, { by: 'ann', reason: 'known' });
      await server.client.workflow.getHandle(workflowId).result();
      return workflowId;
    });

    // No worker runs any more: what is closed can be read all the same.
    const record = await incidents.show(id);
    assert.equal(record.state, 'cancelled');
    assert.equal(record.feedback?.service, 'ledger');
    await assert.rejects(
      incidents.acknowledge(id, { by: 'bob' }),
      (error: unknown) =>
        error instanceof Refused && error.message === `${id} is closed and cannot be changed`,
    );
  });

  it('that wait for a verdict are closed, read without a worker, and take nothing else', async () => {
    const service = uniqueName('judged');
    const verdict = { grade: 'wrong' as const, service: 'ledger', faultKind: null, note: '', by: 'ann' };
    const listed = (state: string) => incidents.list({ service: [service], state: [state] }, { limit: 1 });
    const id = await withWorker(
      async () => {
        const { workflowId } = await start(service);
        await progressOf(workflowId);
        await incidents.cancel(workflowId, { by: 'ann', reason: 'known' });
        const { incidents: closed } = await eventually(
          () => listed('closed'),
          (list) => list.incidents.length === 1,
        );
        assert.deepEqual([closed[0]?.state, closed[0]?.open], ['cancelled', false]);
        assert.deepEqual((await listed('open')).incidents, []);
        await assert.rejects(
          incidents.acknowledge(workflowId, { by: 'bob' }),
          (error: unknown) =>
            error instanceof Refused &&
            error.message === `${workflowId} cannot take this: the incident is cancelled already`,
        );
        await incidents.giveFeedback(workflowId, verdict);
        await eventually(
          () => incidents.list({ service: [service], rootCause: ['ledger'] }, { limit: 1 }),
          (list) => list.incidents[0]?.feedback === 'wrong',
        );
        return workflowId;
      },
      { feedbackWindowSeconds: 3600 },
    );

    const handle = server.client.workflow.getHandle(id);
    assert.equal((await handle.describe()).status.name, 'RUNNING', 'it waits for a correction');
    const record = await incidents.show(id);
    assert.deepEqual(
      [record.state, record.revisionReason, record.feedback?.service],
      ['cancelled', 'feedback', 'ledger'],
    );
    await handle.terminate('end of the test');
  });

  it('are not split where nothing would stay, and not cancelled by a part of an id', () =>
    withWorker(async () => {
      const service = uniqueName('alone');
      const { workflowId } = await start(service);
      await assert.rejects(
        incidents.split(workflowId, { service, by: 'ann' }),
        (error: unknown) => error instanceof Refused && error.message.includes(`alerts of ${service} alone`),
      );
      await assert.rejects(incidents.cancel(service, { by: 'ann', reason: '' }), BadInput);
      assert.equal((await incidents.show(workflowId)).timings.closedAt, null);
    }));

  it('are investigated again when a person asks for it', () =>
    withWorker(async () => {
      const { workflowId } = await start(uniqueName('again'));
      await progressOf(workflowId);
      const asked = await incidents.rerun(workflowId, { by: 'ann' });
      assert.ok(asked.timeline.some(({ what }) => what === 'ann asked to investigate again'));
    }));

  it('that do not exist are not found', async () => {
    await assert.rejects(incidents.show('incident/nobody/20200101-0000-000000'), IncidentNotFound);
    await assert.rejects(incidents.progress(uniqueName('nothing')), IncidentNotFound);
    await assert.rejects(
      incidents.cancel('incident/nobody/20200101-0000-000000', { by: 'a', reason: '' }),
      IncidentNotFound,
    );
  });
});
