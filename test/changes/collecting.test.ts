import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Beat } from '../../activities/collect/attempt.js';
import { createCollectChanges } from '../../activities/collect/changes/collect-changes.js';
import {
  reportedChangesIn,
  type ReportedChanges,
} from '../../activities/collect/changes/reported-changes.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import type { ReportedChange } from '../../model/change.js';
import { FakeSource } from '../support/fake-source.js';
import { bindingOf, collectDeps, runActivity, scopeOf, testConfig } from '../support/scopes.js';
import { startStubPrometheus, type StubPrometheus } from '../support/stub-prometheus.js';

const SCOPE = scopeOf(['payment', 'cart'], [bindingOf('process/prometheus')], {
  window: { start: 10_000, end: 10_600, stepSeconds: 15 },
});

const told = (more: Partial<ReportedChange> = {}): ReportedChange => ({
  ...{ id: 'c1', kind: 'deploy', time: 10_300, service: 'payment-service', title: 'payment 2', details: '' },
  ...{ files: [], author: null, link: null, source: 'ci', environment: null, ...more },
});

describe('the activity that collects changes', () => {
  let stub: StubPrometheus;
  let directory: string;
  let reported: ReportedChanges;
  beforeEach(async () => {
    stub = await startStubPrometheus();
    directory = await mkdtemp(join(tmpdir(), 'faultline-changes-'));
    reported = reportedChangesIn(new FolderBlobs(directory));
  });
  afterEach(async () => {
    await stub.close();
    await rm(directory, { recursive: true });
  });

  async function collect(names: string[], info = {}) {
    const changes = names.map((name) => ({ type: 'http', name, url: `${stub.url}/${name}` }));
    const deps = { ...(await collectDeps(new FakeSource({}), testConfig({ changes }))), reported };
    return runActivity(createCollectChanges(deps).collectChanges, { scope: SCOPE }, info);
  }

  it('reads what was reported, under the names of the diagnosis, without asking for any configuration', async () => {
    await reported.keep([told(), told({ id: 'c2', service: null, title: 'flag on', kind: 'flag' })]);
    const { changes, gaps } = await (await collect([])).result;
    assert.deepEqual(gaps, []);
    assert.deepEqual(changes.map(({ service, title }) => [service, title]).sort(), [
      [null, 'flag on'],
      ['payment', 'payment 2'],
    ]);
  });

  it('has a change once that was reported and is told by its source as well', async () => {
    stub.answer = (reply) => reply.send([told({ title: 'as the source tells it' })]);
    await reported.keep([told({ source: 'webhook' })]);
    const { changes } = await (await collect(['ci'])).result;
    assert.deepEqual(
      changes.map(({ title }) => title),
      ['as the source tells it'],
    );
  });

  it('asks a source that is away once more, and those that have answered not', async () => {
    let isAway = true;
    stub.answer = (reply, { path }) =>
      path === '/away' && isAway ? reply.code(503).send('') : reply.send([told({ id: path })]);
    const names = ['constructor', 'away'];
    const first = await collect(names, { attempt: 1, retryPolicy: { maximumAttempts: 20 } });
    await assert.rejects(first.result, /it answered 503/);
    const heartbeatDetails = first.heartbeats.at(-1) as Beat<unknown>;
    isAway = false;
    const second = await collect(names, { attempt: 2, heartbeatDetails });
    const { changes, gaps } = await second.result;
    assert.deepEqual(gaps, []);
    assert.deepEqual(changes.map(({ id }) => id).sort(), ['/away', '/constructor']);
    assert.deepEqual(stub.requests.map(({ path }) => path).sort(), ['/away', '/away', '/constructor']);
  });
});
