import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scanSamples } from '../../activities/collect/metrics/source/sample-scan.js';

interface ParsedSeries {
  metric: Record<string, string>;
  values: [number, string][];
}

/** A number as Prometheus writes it. */
const written = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);

const read = (text: string): number => Number(text.replace('Inf', 'Infinity'));

describe('scan of sample rows', () => {
  it('reads just what JSON.parse and Number read, whatever the labels say', () => {
    const value = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.double({ min: 0, max: 1 }),
      fc.constantFrom(0.1, 1e22, 5e-324),
    );
    const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 33 }), fc.double({ min: 0, max: 2e9, noNaN: true }));
    const label = fc.oneof(fc.string(), fc.constantFrom('"values":[[1,"2"]]', '\\', '"', '\\"values":[['));
    const series = fc.record({
      metric: fc.dictionary(label, label),
      values: fc.array(fc.tuple(time, value.map(written)), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(series, { maxLength: 6 }), (result) => {
        const text = JSON.stringify({ data: { result } });
        const expected = (JSON.parse(text) as { data: { result: ParsedSeries[] } }).data.result;
        const { json, rows } = scanSamples(Buffer.from(text));
        const rest = (JSON.parse(json) as { data: { result: { metric: object; values: number }[] } }).data
          .result;
        assert.deepEqual(
          rest.map(({ metric, values }) => ({ metric, ...rows[values]! })),
          expected.map(({ metric, values }) => ({
            metric,
            times: Float64Array.from(values, ([at]) => at),
            values: Float64Array.from(values, ([, text]) => read(text)),
          })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('names the byte at which rows are broken', () => {
    const broken =
      (rows: string): (() => void) =>
      () =>
        scanSamples(Buffer.from(`{"values":${rows}}`));
    assert.throws(broken('[[1,2]]'), /^SyntaxError: sample rows: expected '"' at byte 14, got '2'$/);
    assert.throws(broken('[[1,"x"]]'), /^SyntaxError: sample rows: expected a number at byte 15, got 'x'$/);
    assert.throws(broken('[[1,"2"]'), /^SyntaxError: sample rows: expected '\]' at byte 11, got '\['$/);
    assert.throws(broken('[[1,""]]'), /expected a number/);
  });
});
