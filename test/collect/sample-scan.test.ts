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

/** The same JSON as `text` with white space between tokens, none inside strings. */
function spaced(text: string, space: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|[[\]{},:]/g, (token) => `${space}${token}${space}`);
}

describe('scan of sample rows', () => {
  it('reads just what JSON.parse and Number read, whatever the labels hold and however it is laid out', async () => {
    const value = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.double({ min: 0, max: 1 }),
      fc.constantFrom(0.1, 1e22, 5e-324),
    );
    const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 33 }), fc.double({ min: 0, max: 2e9, noNaN: true }));
    const label = fc.oneof(
      fc.string(),
      fc.constantFrom('"values":[[1,"2"]]', '\\', '"', '\\"values":[[', 'values'),
    );
    const series = fc.record({
      metric: fc.dictionary(label, label),
      values: fc.array(fc.tuple(time, value.map(written)), { maxLength: 20 }),
    });
    const layout = fc.constantFrom('', ' ', '\n\t', '\r\n  ');
    await fc.assert(
      fc.asyncProperty(fc.array(series, { maxLength: 6 }), layout, async (result, space) => {
        const text = spaced(JSON.stringify({ data: { result } }), space);
        const expected = (JSON.parse(text) as { data: { result: ParsedSeries[] } }).data.result;
        const { json, rows } = await scanSamples(Buffer.from(text));
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

  it('names the byte at which rows are broken', async () => {
    const broken = async (rows: string, message: RegExp): Promise<void> => {
      await assert.rejects(scanSamples(Buffer.from(`{"values":${rows}}`)), message);
    };
    await broken('[[1,2]]', /^SyntaxError: sample rows: expected '"' at byte 14, got '2'$/);
    await broken('[[1,"x"]]', /^SyntaxError: sample rows: expected a number at byte 15, got 'x'$/);
    await broken('[[1,"2"]', /^SyntaxError: sample rows: expected ']' at byte 18, got '}'$/);
    await broken('[[1,""]]', /expected a number/);
  });

  it('gives the event loop its turn while it reads a large answer', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => [1_700_000_000 + i, '0.123456789']);
    const result = Array.from({ length: 1_000 }, (_, i) => ({ metric: { job: `s${i}` }, values: rows }));
    const body = Buffer.from(JSON.stringify({ data: { result } }));
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const { rows: read } = await scanSamples(body);
    clearInterval(counting);
    assert.equal(read.length, 1_000);
    assert.ok(body.length > 10 * 1024 * 1024 && turns >= 3, `${body.length} bytes in ${turns} turns`);
  });
});
