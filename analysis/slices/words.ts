import type { SlicedRequests, SliceDimension, SliceFinding } from '../../model/slices.js';
import { beforeAfter, count, listOf, quantity, wholePercent } from '../../model/wording.js';
import type { Comparison, SliceLoss } from './compare.js';

const NOUNS: Record<SliceDimension, string> = {
  version: 'version',
  instance: 'instance',
  node: 'node',
  zone: 'zone',
  endpoint: 'endpoint',
};

/** Slices that a finding lists. */
const MOST_LISTED = 5;

/** A comparison as the record holds it, with its sentence. */
export function findingOf(service: string, sliced: SlicedRequests, compared: Comparison): SliceFinding {
  const { dimension, label, queries, source } = sliced;
  const listed = [...compared.slices].sort(
    (a, b) => b.loss - a.loss || b.requests - a.requests || (a.value < b.value ? -1 : 1),
  );
  return {
    ...{ service, dimension, label, source },
    measure: compared.measure,
    outcome: compared.outcome,
    bad: compared.bad.map(({ value }) => value),
    statement: statementOf(service, sliced, compared),
    slices: listed.slice(0, MOST_LISTED).map(({ value, requests, loss, before, after }) => ({
      value,
      requestShare: share(requests, compared.requests),
      lossShare: share(loss, compared.loss),
      before,
      after,
    })),
    count: countOf(sliced),
    query: (compared.measure === 'time' ? queries.time : queries.failures) ?? '',
  };
}

/** Slices of single values, and what stands together in one. */
function countOf({ slices, further }: SlicedRequests): number {
  return slices.filter(({ value }) => value !== '').length + further;
}

function statementOf(service: string, sliced: SlicedRequests, compared: Comparison): string {
  const { dimension, further, named } = sliced;
  const noun = NOUNS[dimension];
  const { measure, bad, requests, loss } = compared;
  switch (compared.outcome) {
    case 'concentrated': {
      const alert =
        named !== null && bad.some(({ value }) => value === named) ? ', which the alert names' : '';
      const lost = share(
        bad.reduce((sum, one) => sum + one.loss, 0),
        loss,
      );
      const asked = share(
        bad.reduce((sum, one) => sum + one.requests, 0),
        requests,
      );
      const names = namesOf(bad, noun, dimension, further);
      const has = `${bad.length === 1 ? 'it has' : 'they have'} ${wholePercent(lost)} of the added`;
      const what = measure === 'time' ? 'time' : 'failures';
      return `Only ${names} of ${service} ${verb(bad, measure)}${alert} (${moved(bad, measure)}): ${has} ${what} and ${wholePercent(asked)} of the requests.`;
    }
    case 'alike': {
      const { slices } = compared;
      const number = countOf(sliced);
      const all = number === 2 ? `Both ${noun}s` : `All ${number} ${noun}s`;
      return `${all} of ${service} ${measure === 'time' ? 'are slower' : 'fail more'} alike (${moved(slices, measure)}).`;
    }
    case 'mixed':
      return `No single ${noun} of ${service} accounts for what was lost, and not all suffer alike.`;
    case 'unknown':
      return `Whether one ${noun} of ${service} suffers cannot be told: ${count(Math.round(requests), 'request')} since it began.`;
  }
}

function namesOf(
  bad: readonly SliceLoss[],
  noun: string,
  dimension: SliceDimension,
  further: number,
): string {
  const names = bad.map(({ value }) => (value === '' ? `the ${further} further` : value)).sort();
  // A path says by itself what it is.
  if (dimension === 'endpoint') return listOf(names);
  return `${bad.length === 1 ? noun : `${noun}s`} ${listOf(names)}`;
}

function verb(bad: readonly SliceLoss[], measure: SliceFinding['measure']): string {
  const [slower, fails] = bad.length === 1 ? ['is slower', 'fails more'] : ['are slower', 'fail more'];
  return measure === 'time' ? slower : fails;
}

/** `25 ms -> 825 ms by request`; what was not there before has no value before. */
function moved(slices: readonly SliceLoss[], measure: SliceFinding['measure']): string {
  const unit = measure === 'time' ? 's' : '1';
  const suffix = measure === 'time' ? 'by request' : 'of its requests';
  const after = meanOf(slices, ({ after: value }) => value);
  const known = slices.filter(({ before }) => before !== null);
  const before = known.length === slices.length ? meanOf(known, ({ before: value }) => value) : null;
  const now = after ?? 0;
  const words = before === null ? `${quantity(now, unit)} now` : beforeAfter(before, now, unit);
  return `${words} ${suffix}`;
}

function meanOf(slices: readonly SliceLoss[], of: (slice: SliceLoss) => number | null): number | null {
  const told = slices.filter((slice) => of(slice) !== null);
  const requests = told.reduce((sum, slice) => sum + slice.requests, 0);
  if (requests === 0) return null;
  return told.reduce((sum, slice) => sum + of(slice)! * slice.requests, 0) / requests;
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));
}
