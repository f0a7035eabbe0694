import type { LogTable } from '../../model/telemetry.js';
import { LOGS } from './weights.js';

/** Steps that counts of lines may have, seconds. */
const STEPS = [10, 5, 2, 1];

/** How long a moment is, of which `LOGS.moments` fit into the calm or the incident, whichever is shorter; seconds. */
export function momentSeconds(calmSeconds: number, incidentSeconds: number): number {
  const wanted = Math.min(calmSeconds, incidentSeconds) / LOGS.moments;
  return Math.min(LOGS.longestMoment, Math.max(LOGS.shortestMoment, wanted));
}

/** Into what steps lines are to be counted so that moments can be told apart, and no finer: each step costs a row. */
export function countingStep(calmSeconds: number, incidentSeconds: number): number {
  const moment = momentSeconds(calmSeconds, incidentSeconds);
  return STEPS.find((step) => step <= moment) ?? LOGS.shortestMoment;
}

/** Share of the lines at either end that may have strayed there: clocks are off, and times are misread. */
const STRAY = 0.002;

/** From when to when there are lines, unix seconds, without those that stray; null where there is no line. */
export function coverageOf({ time, lines, stepSeconds }: LogTable): { from: number; to: number } | null {
  const rows = [...time.keys()].sort((a, b) => time[a]! - time[b]!);
  const stray = STRAY * lines.reduce((sum, count) => sum + count, 0);
  const from = firstBeyond(rows);
  const to = firstBeyond(rows.reverse());
  return from === undefined || to === undefined ? null : { from: time[from]!, to: time[to]! + stepSeconds };

  function firstBeyond(inOrder: number[]): number | undefined {
    let passed = 0;
    return inOrder.find((row) => (passed += lines[row]!) > stray);
  }
}
