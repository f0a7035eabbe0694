import pMap from 'p-map';
import { chooseChecks } from '../../analysis/checks/choose.js';
import type { CheckResult } from '../../model/check.js';
import type { Gap } from '../../model/gap.js';
import type { Scope } from '../../model/incident.js';
import type { InvestigationSteps, SuspectToCheck } from '../contract.js';
import { runAttempt, type Limits } from '../collect/attempt.js';
import { CONCURRENCY, type CollectDeps } from '../collect/deps.js';
import { isCancelled, merged } from '../collect/gaps.js';
import { ServiceNames } from '../collect/scope/service-names.js';
import { packChecks, queryCheck, type PackCheckDeps } from './pack-checks.js';
import type { PlannedCheck } from './planned.js';
import { Guard } from './probes/guard.js';
import { readModules } from './probes/module.js';
import { plannedModuleChecks, plannedProbe } from './probes/run-probes.js';

/** The `runChecks` activity. A check that cannot run is a result of its own; it fails only when it is cancelled. */
export function createRunChecks(deps: CollectDeps): Pick<InvestigationSteps, 'runChecks'> {
  return {
    runChecks: (input) => runAttempt(({ signal }) => runChecks(deps, input, { signal })),
  };
}

/**
 * Chooses, of all checks that metric packs and the configuration have for the suspects, those that would separate the
 * suspects and their kinds of fault most, and runs the chosen ones of one of them: those for this worker's zone, or for
 * any (`zone` null). The choice depends on the suspects alone, so that each call for an investigation makes the same.
 * `zones` names where others of this suspect are to be run, `left` counts those that were not chosen.
 */
export async function runChecks(
  deps: PackCheckDeps,
  { scope, service, suspects, zone = null }: Parameters<InvestigationSteps['runChecks']>[0],
  { signal }: Limits,
): ReturnType<InvestigationSteps['runChecks']> {
  const gaps: Gap[] = [];
  const planned = await plannedFor(deps, scope, suspects, { gaps, signal });
  const { most, budgetSeconds } = deps.config.checks;
  const hypotheses = suspects.flatMap(({ service: of, confidence, faultKinds }) =>
    faultKinds.map(({ kind, probability }) => ({ service: of, kind, belief: confidence * probability })),
  );
  const chosen = chooseChecks(planned, hypotheses, { most, seconds: budgetSeconds * CONCURRENCY });
  const own = chosen.filter((check) => check.service === service);
  const here = own.filter((check) => check.zone === zone);
  const results = await pMap(here, (check) => check.run(signal), { concurrency: CONCURRENCY });
  if (isCancelled(signal)) throw signal.reason;
  const checks: CheckResult[] = results.flat();
  const zones = zone === null ? [...new Set(own.flatMap((check) => check.zone ?? []))] : [];
  const left = planned.filter((check) => check.service === service).length - own.length;
  return { checks, gaps: merged(gaps), zones, left };
}

async function plannedFor(
  deps: PackCheckDeps,
  scope: Scope,
  suspects: readonly SuspectToCheck[],
  { gaps, signal }: { gaps: Gap[]; signal: AbortSignal },
): Promise<PlannedCheck[]> {
  const { checks: settings, services } = deps.config;
  const names = new ServiceNames(scope.services, services.aliases);
  const guard = new Guard(settings.allow);
  const modules = await readModules(settings.modules, signal);
  gaps.push(...modules.gaps);
  return suspects.flatMap(({ service }) => [
    ...settings.list
      .filter((check) => names.resolve(check.service) === service)
      .map((check) =>
        check.type === 'promql'
          ? queryCheck(deps, scope, service, check, gaps)
          : plannedProbe(check, service, guard),
      ),
    ...plannedModuleChecks(
      modules.checks.filter((check) => names.resolve(check.service) === service),
      service,
    ),
    ...packChecks(deps, scope, service, gaps),
  ]);
}
