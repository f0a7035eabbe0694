import assert from 'node:assert/strict';
import { batchesOf } from '../../client/batches.js';
import { anAnomaly } from '../support/anomalies.js';

describe('batches of anomalies', () => {
  it('are one for each environment, in the order of arrival', () => {
    const anomalies = ['a', 'b', 'a'].map((environment, i) =>
      anAnomaly({ environment, fingerprint: String(i) }),
    );
    assert.deepEqual(
      batchesOf(anomalies).map(({ environment, anomalies }) => [
        environment,
        anomalies.map((one) => one.fingerprint),
      ]),
      [
        ['a', ['0', '2']],
        ['b', ['1']],
      ],
    );
  });

  it('stay below what Temporal takes as one payload, and lose nothing', () => {
    const anomalies = Array.from({ length: 3_000 }, (_, i) =>
      anAnomaly({ fingerprint: String(i), annotations: { summary: 'x'.repeat(1_000) } }),
    );
    const batches = batchesOf(anomalies);
    assert.ok(batches.length > 1);
    for (const batch of batches) {
      assert.ok(Buffer.byteLength(JSON.stringify(batch.anomalies)) < 512 * 1024);
    }
    assert.deepEqual(
      batches.flatMap((batch) => batch.anomalies),
      anomalies,
    );
  });

  it('hold one anomaly that is too large for any', () => {
    assert.equal(batchesOf([anAnomaly(), anAnomaly()], 10).length, 2);
  });
});
