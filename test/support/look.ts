import { Guard } from '../../activities/check/probes/guard.js';
import { plannedProbe } from '../../activities/check/probes/run-probes.js';
import { checks as checksSchema } from '../../config/checks.js';
import { checkResult, type CheckResult } from '../../model/check.js';

/** Runs checks of the service `payment` that may connect to `allow`, this machine by default. */
export async function look(list: object[], allow = ['127.0.0.1']): Promise<CheckResult[]> {
  const settings = checksSchema.parse({ allow, list: list.map((one) => ({ service: 'payment', ...one })) });
  const guard = new Guard(settings.allow);
  const results = await Promise.all(
    settings.list.map((one) => {
      if (one.type === 'promql') throw new Error('a query is no probe');
      return plannedProbe(one, 'payment', guard).run(new AbortController().signal);
    }),
  );
  return results.flat().map((result) => checkResult.parse(result));
}

/** Check and outcome of each. */
export const outcomes = (results: readonly CheckResult[]) =>
  results.map(({ check, outcome }) => [check, outcome]);
