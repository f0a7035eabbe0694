import assert from 'node:assert/strict';
import { outsideLoad } from '../../analysis/changes/load.js';
import type { Series } from '../../model/series.js';

/** Traffic of `web`, a sample a minute, given by the minute. */
function traffic(level: (minute: number) => number): Series {
  const minutes = Array.from({ length: 60 }, (_, minute) => minute);
  return {
    id: 'web/load',
    subject: { kind: 'service', service: 'web' },
    signal: 'traffic',
    name: 'load',
    unit: 'req/s',
    worse: 'either',
    perspective: 'server',
    query: '',
    source: '',
    times: Float64Array.from(minutes, (minute) => minute * 60),
    values: Float64Array.from(minutes, level),
  };
}

const onset = { time: 50 * 60, uncertaintySeconds: 30 };
const jitter = (minute: number): number => 100 + ((minute * 7) % 11);

describe('load from outside', () => {
  it('is seen when traffic has multiplied by the time of the onset', () => {
    const load = outsideLoad([traffic((minute) => jitter(minute) * (minute >= 49 ? 3 : 1))], ['web'], onset);
    assert.equal(load?.strength, 1);
    assert.match(load.statement, /^load of web was 3\.\d times its baseline at the onset\.$/u);
  });

  it('is not seen in traffic that rises only after the onset', () => {
    assert.equal(
      outsideLoad([traffic((minute) => jitter(minute) * (minute >= 51 ? 3 : 1))], ['web'], onset),
      null,
    );
  });

  it('is not seen in peaks that calm traffic has too, nor in gaps', () => {
    const peaks = traffic((minute) => (minute % 10 === 0 ? 300 : 100));
    assert.equal(outsideLoad([peaks], ['web'], onset), null);
    assert.equal(outsideLoad([traffic((minute) => (minute >= 40 ? NaN : 100))], ['web'], onset), null);
  });

  it('is only looked for at the services asked about', () => {
    assert.equal(outsideLoad([traffic((minute) => (minute >= 49 ? 300 : 100))], ['shop'], onset), null);
  });
});
