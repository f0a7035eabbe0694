import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineIndex } from '../../activities/collect/line-index.js';

const SIGNAL = new AbortController().signal;
/** A line of a hundred bytes or so: the second that it tells, and what fills it. */
const line = (second: number): string => `${JSON.stringify({ t: second, text: 'x'.repeat(80) })}\n`;
const lines = (from: number, until: number): string =>
  Array.from({ length: until - from }, (_, i) => line(from + i)).join('');

describe('the index of a file of lines', () => {
  let directory: string;
  let file: string;
  /** How much text the times were looked for in. */
  let scanned = 0;
  let index: LineIndex;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-lines-'));
    file = join(directory, 'lines.ndjson');
  });
  after(() => rm(directory, { recursive: true, force: true }));
  beforeEach(() => {
    scanned = 0;
    index = new LineIndex(function* momentsIn(text) {
      scanned += text.length;
      for (const [, number] of text.matchAll(/"t":(\d+)/gu)) yield Number(number);
    });
  });

  async function read(from: number, until: number): Promise<number[]> {
    const found: number[] = [];
    for await (const text of index.lines(file, { from, until }, SIGNAL)) {
      found.push((JSON.parse(text) as { t: number }).t);
    }
    return found;
  }

  it('reads the part around the time in question, and scans what was written since alone', async () => {
    await writeFile(file, lines(0, 50_000));
    const found = await read(40_000, 40_010);
    assert.ok(found[0]! <= 40_000 && found.at(-1)! >= 40_010, `${found[0]} to ${found.at(-1)}`);
    assert.ok(found.length < 6_000, `${found.length} lines were read for ten seconds`);
    const whole = scanned;
    await appendFile(file, lines(50_000, 51_000));
    const later = await read(50_990, 50_995);
    assert.ok(later.includes(50_990) && later.includes(50_995), `ends at ${later.at(-1)}`);
    assert.ok(scanned - whole < whole / 10, `scanned ${scanned - whole} of ${whole} characters once more`);
  });

  it('gives every line of a file once, the last one half written', async () => {
    await writeFile(file, lines(0, 9_000) + line(9_000).trimEnd());
    assert.deepEqual(
      await read(0, 9_000),
      Array.from({ length: 9_001 }, (_, i) => i),
    );
    await appendFile(file, `\n${line(9_001)}`);
    assert.equal((await read(0, 9_001)).length, 9_002);
  });

  it('reads a line that is longer than a part', async () => {
    const long = JSON.stringify({ t: 2, text: 'y'.repeat(900_000) });
    await writeFile(file, `${line(1)}${long}\n${line(3)}`);
    assert.deepEqual(await read(0, 9), [1, 2, 3]);
  });

  it('begins again with a file that was written anew, shorter or longer', async () => {
    await writeFile(file, lines(0, 9_000));
    await read(0, 1);
    await writeFile(file, lines(100_000, 100_010));
    assert.deepEqual(
      await read(100_003, 100_003),
      Array.from({ length: 10 }, (_, i) => 100_000 + i),
    );
    await writeFile(file, lines(200_000, 220_000));
    assert.ok((await read(219_999, 219_999)).includes(219_999), 'the last line is missing');
  });

  it('gives lines that tell no time whatever is asked, so that somebody tells what is wrong', async () => {
    await writeFile(file, '{"text":"no time"}\n');
    const found: string[] = [];
    for await (const text of index.lines(file, { from: 1, until: 2 }, SIGNAL)) found.push(text);
    assert.deepEqual(found, ['{"text":"no time"}']);
  });

  it('ends when it is told to', async () => {
    await writeFile(file, lines(0, 9_000));
    const ended = AbortSignal.abort(new Error('enough'));
    await assert.rejects(async () => {
      for await (const text of index.lines(file, { from: 0, until: 1 }, ended)) assert.fail(text);
    }, /enough/u);
  });
});
