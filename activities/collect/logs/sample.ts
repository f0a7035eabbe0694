import { group } from 'd3-array';
import { OTHER_LINES } from '../../../analysis/logs/mine.js';
import type { AnonymousLine, LineAnswer } from './source.js';

/** Lines of one step of time, and how many there were. */
export interface StepTotal {
  /** Start of the step, unix seconds. */
  time: number;
  lines: number;
}

/** The lines of one sort, as far as they were read. */
export interface SamplePart {
  lines: AnonymousLine[];
  /** Bytes of the answers. */
  bytes: number;
  /** Not all lines were read. */
  isSample: boolean;
}

/** The answer that the parts are together. */
export function answerOf(parts: readonly SamplePart[], stepSeconds: number): LineAnswer {
  return {
    lines: parts.flatMap(({ lines }) => lines),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    remark: parts.some(({ isSample }) => isSample)
      ? `kinds of lines are estimated from a sample of some lines each ${stepSeconds} s`
      : null,
  };
}

/**
 * A sample of lines as counts: in each step the lines that were read stand for all that were written then, so that
 * rates are right and kinds of lines are estimates. Where none was read, lines are other lines.
 */
export function weighted(
  sample: readonly AnonymousLine[],
  totals: readonly StepTotal[],
  stepSeconds: number,
): AnonymousLine[] {
  const stepOf = (time: number): number => Math.floor(time / stepSeconds + 1e-9);
  const read = group(sample, ({ time }) => stepOf(time));
  return totals.flatMap(({ time, lines }) => {
    const own = read.get(stepOf(time)) ?? [];
    if (lines === 0) return own;
    if (own.length === 0) return [{ time, level: 'unknown' as const, message: OTHER_LINES, count: lines }];
    // Whole numbers that add up to the total.
    return own.map((line, at) => ({
      ...line,
      count: Math.max(1, Math.floor(((at + 1) * lines) / own.length) - Math.floor((at * lines) / own.length)),
    }));
  });
}
