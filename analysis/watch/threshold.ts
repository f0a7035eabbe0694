import { quantity } from '../../model/wording.js';
import { endAt, stepOf, type Judgement, type Watched } from './watched.js';

export interface Threshold {
  above?: number | undefined;
  below?: number | undefined;
}

/** Steps back within which a sample still says how things are. */
const FRESH_STEPS = 3;

/** The newest sample against fixed bounds. */
export function judgeThreshold({ times, values, unit }: Watched, at: number, bounds: Threshold): Judgement {
  const last = freshest(values, endAt(times, at));
  if (last < 0 || at - times[last]! > FRESH_STEPS * stepOf(times)) {
    return { state: 'unknown', since: null, statement: 'there is no recent sample' };
  }
  const value = values[last]!;
  const { above, below } = bounds;
  if (above !== undefined && value > above) {
    return bad(`it is ${quantity(value, unit)}, above ${quantity(above, unit)}`, times[last]!);
  }
  if (below !== undefined && value < below) {
    return bad(`it is ${quantity(value, unit)}, below ${quantity(below, unit)}`, times[last]!);
  }
  return { state: 'well', since: null, statement: `it is ${quantity(value, unit)}` };
}

function bad(statement: string, since: number): Judgement {
  return { state: 'bad', since, statement };
}

function freshest(values: Float64Array, end: number): number {
  for (let at = end - 1; at >= Math.max(0, end - FRESH_STEPS - 1); at -= 1) {
    if (!Number.isNaN(values[at]!)) return at;
  }
  return -1;
}
