import assert from 'node:assert/strict';
import fc from 'fast-check';
import { storeId, type BlobStore } from '../../activities/record/blob-store.js';
import {
  createEvidence,
  EvidenceCorrupt,
  EvidenceMissing,
  type EvidenceStore,
} from '../../activities/record/evidence-store.js';
import type { Series } from '../../model/series.js';
import type { SpanTable } from '../../model/telemetry.js';
import { describeStores, keysIn } from '../support/stores.js';
import { ordinaryTraces } from '../support/spans.js';

function series(id: string, times: Float64Array, values: Float64Array): Series {
  return {
    id,
    subject: { kind: 'service', service: 'payment' },
    signal: 'latency',
    name: 'latency p95',
    unit: 's',
    worse: 'up',
    perspective: 'server',
    query: 'histogram_quantile(0.95, ...)',
    source: 'prometheus',
    times,
    values,
  };
}

describeStores('evidence store', (current) => {
  let blobs: BlobStore;
  let store: EvidenceStore;

  beforeEach(() => {
    ({ blobs } = current());
    store = createEvidence(blobs);
  });

  const files = (): Promise<string[]> => keysIn(blobs, 'evidence/');

  it('gives back any series to the bit, whatever their axes and values', async () => {
    const axes = fc.array(fc.array(fc.double({ noNaN: true }), { maxLength: 5 }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        axes,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.array(fc.double(), { minLength: 1 }),
        async (grid, picks, numbers) => {
          const shared = grid.map((axis) => Float64Array.from(axis));
          const stored = picks.map((pick, i) => {
            const times = shared[pick % shared.length]!;
            return series(
              `s${i}`,
              times,
              Float64Array.from(times, (_, row) => numbers[(i + row) % numbers.length]!),
            );
          });
          const { uri } = await store.put(stored, 'anything');
          assert.deepEqual(await store.get(uri), stored);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('stores one time axis once and shares it again when read', async () => {
    const times = Float64Array.from({ length: 5000 }, (_, i) => 1.7e9 + i + Math.sin(i));
    const flat = new Float64Array(5000);
    const many = Array.from({ length: 600 }, (_, i) => series(`s${i}`, Float64Array.from(times), flat));
    const ref = await store.put(many, 'latency');
    assert.ok(ref.bytes < 2 * times.byteLength, `${ref.bytes} bytes hold one axis of ${times.byteLength}`);
    const read = await store.get(ref.uri);
    assert.equal(new Set(read.map((one) => one.times)).size, 1);
  });

  it('gives back tables of other kinds as they were, without secrets, and refuses those of another kind', async () => {
    const spans: SpanTable = {
      services: ['front', 'cart'],
      operations: ['GET /?token=abc123'],
      trace: Uint32Array.of(0, 0),
      parent: Int32Array.of(-1, 0),
      service: Uint32Array.of(0, 1),
      operation: Uint32Array.of(0, 0),
      start: Float64Array.of(1.7e9, 1.7e9 + 0.25),
      duration: Float64Array.of(0.5, 0.125),
      failed: Uint8Array.of(1, 255),
      ...ordinaryTraces(1),
    };
    const ref = await store.putTable('spans', spans, '1 trace');
    assert.deepEqual([ref.kind, ref.summary], ['spans', '1 trace']);
    assert.deepEqual(await store.getTable('spans', ref.uri), { ...spans, operations: ['GET /?token=***'] });
    await assert.rejects(store.getTable('logs', ref.uri), EvidenceCorrupt);
    await assert.rejects(store.get(ref.uri), EvidenceCorrupt);
  });

  it('makes one blob of the same series stored twice at once, and leaves no draft behind', async () => {
    const one = series('s', Float64Array.of(1, 2), Float64Array.of(NaN, 3));
    const refs = await Promise.all([store.put([one], 'latency'), store.put([one], 'latency')]);
    assert.deepEqual(refs[0], refs[1]);
    assert.equal(refs[0].summary, '1 series of latency');
    assert.equal((await files()).length, 1);
  });

  it('refuses a blob of which one bit changed', async () => {
    const { uri } = await store.put([series('s', Float64Array.of(1), Float64Array.of(2))], 'latency');
    const [key] = await files();
    const content = (await blobs.get(key!))!;
    content[content.length - 1]! ^= 1;
    await blobs.put(key!, content);
    await assert.rejects(store.get(uri), (error) => {
      assert.ok(error instanceof EvidenceCorrupt);
      assert.match(error.message, new RegExp(`^evidence ${uri}: its content has the digest [0-9a-f]{64}$`));
      return true;
    });
  });

  it('refuses a blob that was cut short', async () => {
    const { uri } = await store.put([series('s', Float64Array.of(1), Float64Array.of(2))], 'latency');
    const [key] = await files();
    await blobs.put(key!, (await blobs.get(key!))!.subarray(0, 30));
    await assert.rejects(store.get(uri), EvidenceCorrupt);
  });

  it('says that a blob is gone, or that it is in another store and which', async () => {
    const id = await storeId(blobs);
    const digest = '0'.repeat(64);
    await assert.rejects(store.get(`evidence/${id}/${digest}`), {
      name: 'EvidenceMissing',
      message: new RegExp(
        `^evidence evidence/${id}/0+: not in the store any more \\(${blobs.description}\\)`,
      ),
    });
    await assert.rejects(store.get(`evidence/0badcafe/${digest}`), {
      name: 'EvidenceMissing',
      message: new RegExp(`it is in another store \\(id 0badcafe\\); this one is ${id} `),
    });
    await assert.rejects(store.get('evidence/../../../etc/passwd'), EvidenceMissing);
  });

  it('keeps any bytes as a document, apart from series', async () => {
    const uri = await store.putBytes(Buffer.from('{"graph":1}'));
    assert.match(uri, /^documents\/[0-9a-f]{8}\/[0-9a-f]{64}$/);
    assert.equal(String(await store.getBytes(uri)), '{"graph":1}');
    assert.deepEqual(await files(), []);
  });

  it('masks secrets in what a source says of its series', async () => {
    const one = series('s', Float64Array.of(1), Float64Array.of(2));
    const { uri } = await store.put([{ ...one, name: 'latency of password: hunter22' }], 'latency');
    const [read] = await store.get(uri);
    assert.equal(read?.name, 'latency of password: ***');
    assert.deepEqual(read.values, one.values);
  });

  it('names the series whose times and values differ in number, and stores nothing', async () => {
    const lame = series('payment/latency-p95', Float64Array.of(1, 2), Float64Array.of(1));
    await assert.rejects(
      store.put([lame], 'latency'),
      /^RangeError: payment\/latency-p95: 2 times, but 1 values$/,
    );
    assert.deepEqual(await files(), []);
  });
});
