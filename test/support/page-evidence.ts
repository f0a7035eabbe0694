import type { IncidentRecord } from '../../model/incident.js';
import type { Series } from '../../model/series.js';
import type { PageEvidence } from '../../report/page/evidence.js';
import { namedSeries } from '../../report/page/named-series.js';
import { reduceSeries } from '../../report/page/reduce.js';
import { randomOf } from './random.js';

/** Samples for every series that a record names: calm, then what its movement says, with a stretch without data. */
export function evidenceFor(record: IncidentRecord): PageEvidence {
  const { diagnosis } = record;
  if (!diagnosis) return { series: [], missing: [] };
  return {
    series: namedSeries(record).named.map((one, index) =>
      reduceSeries(seriesFor(one, diagnosis.window, index), diagnosis),
    ),
    missing: [],
  };
}

function seriesFor(
  { meta, movement }: ReturnType<typeof namedSeries>['named'][number],
  { start, end, stepSeconds }: { start: number; end: number; stepSeconds: number },
  seed: number,
): Series {
  const random = randomOf(seed);
  const times = Float64Array.from(
    { length: Math.floor((end - start) / stepSeconds) + 1 },
    (_, step) => start + step * stepSeconds,
  );
  const { before, after, onset } = movement ?? { before: 1, after: 1, onset: { time: end } };
  const values = times.map((time, step) => {
    if (step > 60 && step < 68) return NaN;
    return (time < onset.time ? before : after) * random.between(0.92, 1.08);
  });
  return { ...meta, times, values };
}
