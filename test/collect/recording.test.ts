import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { NotASource, NotRecorded } from '../../activities/collect/metrics/source/errors.js';
import { RecordingSource } from '../../activities/collect/metrics/source/recording-source.js';
import { recordingOf } from '../../activities/collect/metrics/source/recording-writer.js';
import type { Answer } from '../../activities/collect/metrics/source/source.js';
import type { Change } from '../../model/change.js';
import { FakeSource } from '../support/fake-source.js';

const ALERT = 1_000_000;
const WINDOW = { start: ALERT - 600, end: ALERT + 100, step: 10 };
const CHANGE: Change = {
  id: 'c',
  kind: 'deploy',
  time: ALERT - 60,
  service: 'a',
  title: 't',
  details: '',
  files: [],
  author: null,
  link: null,
  source: 'ci',
};

describe('recording', () => {
  let directory: string;
  let file: string;

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-recording-'));
    file = path.join(directory, 'incident.json.gz');
    const live = new FakeSource({
      names: ['up', 'x_total'],
      answer: (query) =>
        query.includes('hole')
          ? [[{ job: 'a' }, (time) => (time > ALERT ? NaN : 1 / 3)]]
          : [[{ job: 'a' }, (time) => time - ALERT]],
    });
    const writer = recordingOf(live);
    await writer.metricNames(['up', 'x_total', 'y_total']);
    await writer.range('sum(\n  x)', { ...WINDOW, end: ALERT });
    await writer.range('sum( x)', WINDOW);
    await writer.range('sum( x)', { ...WINDOW, start: ALERT - 50 });
    await writer.range('hole', WINDOW);
    await writer.instant('now', ALERT - 300);
    await writer.instant('now', ALERT + 60);
    await writeFile(file, await writer.file({ about: 'a test', alertTime: ALERT, changes: [CHANGE] }));
  });

  after(() => rm(directory, { recursive: true }));

  const open = (playAt?: number): Promise<RecordingSource> =>
    RecordingSource.open({
      type: 'recording',
      name: 'demo',
      file,
      ...(playAt === undefined ? {} : { playAt }),
    });
  const valuesOf = ({ series }: Answer): number[] => [...(series[0]?.values ?? [])];

  it('gives back what was answered, however the query is broken into lines', async () => {
    const source = await open();
    const answer = await source.range(' sum( x)\n', WINDOW);
    assert.deepEqual([...answer.series[0]!.times].slice(0, 2), [ALERT - 600, ALERT - 590]);
    assert.deepEqual(
      valuesOf(answer),
      Array.from({ length: 71 }, (_, i) => i * 10 - 600),
    );
    assert.deepEqual(await source.metricNames(['up', 'y_total']), new Set(['up']));
    assert.deepEqual(await source.health(), { product: 'recording of Fake', version: '1' });
    assert.equal(source.name, 'demo');
  });

  it('keeps seven digits, and holes as holes', async () => {
    const values = valuesOf(await (await open()).range('hole', WINDOW));
    assert.deepEqual([values[60], values[61]], [0.3333333, NaN]);
  });

  it('plays the incident at another time: samples, instants and changes move together', async () => {
    const playAt = ALERT + 5_000_003.4;
    const source = await open(playAt);
    assert.equal(source.alertTime, playAt);
    const answer = await source.range('sum( x)', { start: playAt - 600, end: playAt + 100, step: 10 });
    assert.equal(valuesOf(answer)[60], 0);
    assert.equal(answer.series[0]!.times[60], playAt);
    assert.deepEqual(valuesOf(await source.instant('now', playAt - 290)), [-300]);
    assert.deepEqual(source.changes(), [{ ...CHANGE, time: playAt - 60 }]);
  });

  it('cuts out any window and takes the nearest sample for any step; beyond the recording there is nothing', async () => {
    const source = await open();
    assert.deepEqual(
      valuesOf(await source.range('sum( x)', { start: ALERT - 31, end: ALERT + 44, step: 25 })),
      [-30, -10, 20, 40],
    );
    assert.deepEqual(
      valuesOf(await source.range('sum( x)', { start: ALERT + 90, end: ALERT + 120, step: 10 })),
      [90, 100, NaN, NaN],
    );
    assert.deepEqual((await source.range('sum( x)', { start: 0, end: 100, step: 10 })).series, []);
  });

  it('answers an instant query with the take nearest in time', async () => {
    const source = await open();
    assert.deepEqual(valuesOf(await source.instant('now', ALERT + 1000)), [60]);
    assert.deepEqual(valuesOf(await source.instant('now', 0)), [-300]);
  });

  it('says that it was not asked a query, and that asking again is no use', async () => {
    const source = await open();
    await assert.rejects(source.range('sum(y)', WINDOW), (error) => {
      assert.ok(error instanceof NotRecorded && !error.retryable);
      assert.equal(error.message, `range query at ${file}: the recording was not asked: sum(y)`);
      return true;
    });
    await assert.rejects(source.instant('sum( x)', ALERT), NotRecorded);
  });

  it('refuses a file that is missing or no recording', async () => {
    const bad = path.join(directory, 'bad.gz');
    await writeFile(bad, gzipSync('{"format":"faultline-recording/9"}'));
    await assert.rejects(RecordingSource.open({ type: 'recording', name: 'r', file: bad }), (error) => {
      assert.ok(error instanceof NotASource);
      assert.match(error.message, /bad\.gz: not a recording of format 1: .*format/s);
      return true;
    });
    await assert.rejects(
      RecordingSource.open({ type: 'recording', name: 'r', file: `${file}.none` }),
      /ENOENT/,
    );
  });

  it('stops for a signal', async () => {
    const source = await open();
    await assert.rejects(
      source.range('sum( x)', WINDOW, { signal: AbortSignal.abort(new Error('enough')) }),
      /enough/,
    );
  });
});
