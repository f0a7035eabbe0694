import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectTraces } from '../../activities/collect/traces/collect-traces.js';
import { learnCalls } from '../../activities/collect/traces/learn-calls.js';
import { ServiceNames } from '../../activities/collect/scope/service-names.js';
import { openTraceSource } from '../../activities/collect/traces/open.js';
import { TRACE_CHOICES, type SpanTable } from '../../model/telemetry.js';
import { startJaeger, type Jaeger } from '../support/jaeger.js';
import {
  ALERTED_AT,
  KILLED_AT,
  killedPaymentRequests,
  killedPaymentScope,
} from '../support/killed-payment.js';
import { recordAnswers } from '../support/recorded-answers.js';
import { testConfig, MemoryStore, NO_LIMITS } from '../support/scopes.js';

const LATER = ALERTED_AT + 1000;
/** A resource of the fixture. */
const FRONTEND = '"key":"service.name","value":{"stringValue":"frontend"}';
const WINDOW = { from: KILLED_AT - 600, until: KILLED_AT + 300 };

/** What was sampled: trace, why it was read, and its spans by service and operation. */
function sampleIn(table: SpanTable): string[] {
  const spans = table.traceIds.map((): string[] => []);
  table.trace.forEach((trace, row) => {
    spans[trace]!.push(`${table.services[table.service[row]!]!} ${table.operations[table.operation[row]!]!}`);
  });
  return table.traceIds
    .map((id, i) => `${id} ${TRACE_CHOICES[table.choice[i]!]!} ${spans[i]!.sort().join()}`)
    .sort();
}

async function collect(source: Record<string, unknown>): Promise<{ table: SpanTable; gaps: string[] }> {
  const store = new MemoryStore();
  const config = testConfig({ traces: [{ name: 'traces', ...source }] });
  const request = { scope: killedPaymentScope(), source: 'traces' };
  const { evidence, gaps } = await collectTraces({ config, store }, request, NO_LIMITS, LATER);
  return {
    table: await store.getTable('spans', evidence.uri),
    gaps: gaps.map(({ what, reason }) => `${what}: ${reason}`),
  };
}

describe('a real Jaeger', () => {
  const requests = killedPaymentRequests();
  let jaeger: Jaeger;

  before(async () => {
    jaeger = await startJaeger();
    for (const request of requests) await jaeger.send(request);
    await sleep(1000);
  });
  after(() => jaeger.stop());

  it('gives the same sample as a file with the same spans', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-otlp-'));
    const file = join(directory, 'spans.jsonl');
    await writeFile(file, requests.map((one) => JSON.stringify(one)).join('\n'));
    try {
      const [fromJaeger, fromFile] = [
        await collect({ type: 'jaeger', url: jaeger.url }),
        await collect({ type: 'otlp-file', file }),
      ];
      assert.ok(fromFile.table.traceIds.length > 60, `${fromFile.table.traceIds.length} traces`);
      assert.deepEqual(sampleIn(fromJaeger.table), sampleIn(fromFile.table));
      assert.deepEqual(fromJaeger.gaps, fromFile.gaps);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('finds traces by operation, failure and duration', async () => {
    const source = openTraceSource(
      testConfig({ traces: [{ type: 'jaeger', name: 'traces', url: jaeger.url }] }).traces[0]!,
    );
    const query = { service: 'frontend', operation: null, ...WINDOW, which: 'any', most: 500 } as const;
    const found = async (more: object): Promise<number> =>
      (await source.find({ ...query, ...more }, NO_LIMITS)).traces.length;
    const [all, failing, paid, slow] = [
      await found({}),
      await found({ which: 'failing' }),
      await found({ operation: 'POST /cart/checkout' }),
      await found({ which: { slowerThan: 0.05 } }),
    ];
    const ofFrontend = requests.filter((one) => JSON.stringify(one).includes(FRONTEND));
    assert.equal(all, ofFrontend.length);
    assert.ok(failing > 5 && failing < all / 2, `${failing} failing`);
    assert.ok(paid >= failing && paid < all, `${paid} of the operation`);
    assert.ok(slow > 0 && slow < all, `${slow} slow`);
    source.close();
  });

  it('tells who calls whom', async () => {
    const source = openTraceSource(
      testConfig({ traces: [{ type: 'jaeger', name: 'traces', url: jaeger.url }] }).traces[0]!,
    );
    const calls = (await source.calls({ from: LATER - 86_400, until: LATER }, NO_LIMITS)) ?? [];
    const pairs = calls.map(({ caller, callee }) => `${caller} ${callee}`);
    for (const pair of ['frontend checkoutservice', 'recommendationservice productcatalogservice']) {
      assert.ok(pairs.includes(pair), `${pair} among ${pairs.join(', ')}`);
    }
    source.close();
  });

  it('says so when it cannot search by error, as with its storage in memory', async () => {
    const inMemory = await startJaeger('memory');
    try {
      for (const request of requests) await inMemory.send(request);
      await sleep(1000);
      const { table, gaps } = await collect({ type: 'jaeger', url: inMemory.url });
      assert.ok(table.traceIds.length > 50, `${table.traceIds.length} traces`);
      assert.match(gaps.join('\n'), /failing traces of frontend: a search for error=true finds none/u);
    } finally {
      await inMemory.stop();
    }
  });

  // The answers that the suite plays: `RECORD=1 npm run test:live`.
  it('is recorded on demand', async function () {
    if (process.env['RECORD'] !== '1') this.skip();
    const small = await startJaeger();
    const recorder = await recordAnswers(small.url);
    try {
      for (const request of requests.filter((_, i) => i % 3 === 0)) await small.send(request);
      await sleep(1000);
      const { table } = await collect({ type: 'jaeger', url: recorder.url });
      assert.ok(table.traceIds.length > 15, `${table.traceIds.length} traces`);
      const { traces } = testConfig({ traces: [{ type: 'jaeger', name: 'traces', url: recorder.url }] });
      const scope = killedPaymentScope();
      for (const time of [LATER, ALERTED_AT + 600]) {
        const { gaps } = await learnCalls(traces, scope, new ServiceNames(scope.services), time, NO_LIMITS);
        assert.deepEqual(gaps, []);
      }
      recorder.save(new URL('../fixtures/jaeger/killed-payment.json.gz', import.meta.url));
    } finally {
      await recorder.close();
      await small.stop();
    }
  });
});
