import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { Series } from '../../model/series.js';
import { estate, type Fault } from '../support/estate.js';

const DAY = 86_400;
const SEED = 11;

/** The nightly batch: service 3 is slow at this hour. */
const BATCH: Fault = { service: 3, trouble: 'slow-code' };
const TROUBLE: Fault = { service: 6, trouble: 'cpu' };

/** What the estate was `days` ago at this hour, with these faults, a little louder or quieter than today. */
function daysAgo(days: number, faults: Fault[], loudness = 1 + days / 100): Series[] {
  const golden = estate({ seed: SEED, faults }).input.series.filter(
    ({ signal }) => signal === 'latency' || signal === 'errors' || signal === 'traffic',
  );
  return golden.map((series) => ({
    ...series,
    id: `${series.id}@-${days}d`,
    values: series.values.map((value) => value * loudness),
    earlier: { of: series.id, bySeconds: days * DAY },
  }));
}

function diagnoseToday(faults: Fault[], earlier: Series[]) {
  const { input, names } = estate({ seed: SEED, faults });
  // The alert's own signals are what a season concerns; resources have no earlier days here.
  const series = input.series.filter(({ signal }) => ['latency', 'errors', 'traffic'].includes(signal));
  return { names, diagnosis: diagnose({ ...input, series: [...series, ...earlier] }) };
}

describe('the season', () => {
  it('is no trouble: what yesterday and last week did at this hour too blames nobody', () => {
    const { diagnosis } = diagnoseToday([BATCH], [...daysAgo(1, [BATCH]), ...daysAgo(7, [BATCH])]);
    assert.equal(diagnosis.verdict.level, 'inconclusive');
  });

  it('excuses nothing that earlier days did not do', () => {
    const calm = diagnoseToday([BATCH], [...daysAgo(1, []), ...daysAgo(7, [])]);
    assert.equal(calm.diagnosis.verdict.service, calm.names[BATCH.service]);
    assert.notEqual(calm.diagnosis.verdict.level, 'inconclusive');
  });

  it('is what every earlier day did: one bad yesterday excuses nothing', () => {
    const { diagnosis, names } = diagnoseToday([BATCH], [...daysAgo(1, [BATCH]), ...daysAgo(7, [])]);
    assert.equal(diagnosis.verdict.service, names[BATCH.service]);
    assert.notEqual(diagnosis.verdict.level, 'inconclusive');
  });

  it('does not hide trouble that comes on top of it', () => {
    const both = [BATCH, TROUBLE];
    const { diagnosis, names } = diagnoseToday(both, [...daysAgo(1, [BATCH]), ...daysAgo(7, [BATCH])]);
    assert.equal(diagnosis.ranking[0]?.service, names[TROUBLE.service]);
  });

  it('changes nothing where the source has no earlier days', () => {
    const { input } = estate({ seed: SEED, faults: [TROUBLE] });
    const empty = daysAgo(1, []).map((series) => ({ ...series, values: series.values.map(() => NaN) }));
    assert.deepEqual(diagnose({ ...input, series: [...input.series, ...empty] }), diagnose(input));
  });
});
