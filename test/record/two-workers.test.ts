import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createActivities } from '../../activities/index.js';
import { storeId } from '../../activities/record/blob-store.js';
import { openBlobs } from '../../activities/record/open-store.js';
import { createRecords } from '../../activities/record/records.js';
import type { LoadedConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import type { IncidentRecord } from '../../model/incident.js';
import { pageFromStore } from '../../workers/cli/renderer.js';
import { recordedMetrics } from '../../workers/demo/recorded-incident.js';
import { startWorker } from '../../workers/worker.js';
import { testServer } from '../support/dev-server.js';
import { SAMPLES } from '../support/records.js';
import { s3Store } from '../support/s3-server.js';
import { alertOn, runActivity } from '../support/scopes.js';
import { startSink } from '../support/sink.js';
import { workflowBundle } from '../support/workflow-lab.js';

describe('two workers with a disk each', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-two-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const NOW = 1_800_000_000;

  /** The configurations of two hosts, which differ in the folder alone. */
  function configsOf(more: { store?: object; sinks?: object[] } = {}): LoadedConfig[] {
    return ['worker-0', 'worker-1'].map((host) => {
      const config = configSchema.parse({
        metrics: { type: 'recording', file: recordedMetrics('payment-latency'), playAt: NOW },
        diagnosis: { baselineSeconds: 150, stepSeconds: 5 },
        sinks: more.sinks ?? [],
        store: { directory: join(directory, host), ...more.store },
        record: { enabled: false },
      });
      return { config, file: null, directory, secrets: [] };
    });
  }

  it('share a diagnosis activity by activity through S3, and both read its record and draw its page', async function () {
    this.timeout(300_000);
    const sink = await startSink();
    const s3 = await s3Store(this);
    const configs = configsOf({ store: { s3 }, sinks: [{ type: 'webhook', name: 'hook', url: sink.url }] });
    const [one, two] = await Promise.all(
      configs.map((loaded) =>
        createActivities({
          loaded,
          productVersion: '0',
          log: pino({ level: 'silent' }),
          raise: () => Promise.resolve(),
        }),
      ),
    );
    const [a, b] = [one!.activities, two!.activities];
    const run = <I, R>(activity: (input: I) => Promise<R>, input: I): Promise<R> =>
      runActivity(activity, input).result;
    try {
      const anomalies = [alertOn('storefront', { startedAt: NOW })];
      const { scope } = await run(a.planScope, { environment: 'test', anomalies, now: NOW + 30 });
      const golden = await run(a.collectMetrics, { scope, family: 'golden' });
      const edges = await run(b.collectMetrics, { scope, family: 'edges' });
      const evidence = [golden.evidence, edges.evidence];
      const { diagnosis } = await run(b.analyse, { scope, evidence, changes: null, checks: [], gaps: [] });
      const record: IncidentRecord = {
        ...SAMPLES['suspected pool saturation'](),
        ...{ scope: null, diagnosis: null, documents: [scope, diagnosis], evidence, anomalies },
      };
      const { uri } = await run(a.saveRecord, { record });
      await run(b.publish, { sink: 'hook', recordUri: uri });
      // The other worker repeats it, as after a lost answer.
      await run(a.publish, { sink: 'hook', recordUri: uri });
      assert.equal(sink.posts.length, 1);

      for (const { config } of configs) {
        const found = await createRecords({ blobs: openBlobs(config.store) }).find(record.id);
        assert.deepEqual(found?.evidence, evidence);
        assert.deepEqual(found.gaps, record.gaps, 'no document was lost');
        assert.equal(found.scope?.service, 'storefront');
        const page = await pageFromStore(found, config);
        assert.match(page, /<figure class="plot">/);
        assert.doesNotMatch(page, /No plots/);
      }
      assert.equal(one!.storeId, two!.storeId);
      assert.deepEqual(await readdir(directory), [], 'nothing is kept on the disks');
    } finally {
      await Promise.all([one!.close(), two!.close(), sink.close()]);
    }
  });

  it('are noticed when each has a folder as store: the one that starts last says so', async function () {
    this.timeout(180_000);
    const temporal = await testServer();
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const workflows = { workflowBundle: await workflowBundle() };
    const configs = configsOf();
    const workers = [];
    for (const loaded of configs) workers.push(await startWorker({ loaded, log, temporal, workflows }));
    await Promise.all(workers.map((worker) => worker.stop()));
    const warning = lines.findLast((line) => line.includes('workers use different stores: ')) ?? 'no warning';
    for (const { config } of configs) {
      assert.match(warning, new RegExp(`${await storeId(openBlobs(config.store))} \\(\\d+@`));
    }
    assert.match(warning, /let all workers use one store/);
  });
});
