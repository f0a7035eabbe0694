import type { Candidate } from '../../analysis/checks/reliability.js';
import type { CheckResult } from '../../model/check.js';

/** A check that may be run. */
export interface PlannedCheck extends Candidate {
  /** Workers that run it; null for any. */
  zone: string | null;
  /** What could not be looked at is a result of its own. Throws only when the work is cancelled. */
  run(signal: AbortSignal): Promise<CheckResult[]>;
}
