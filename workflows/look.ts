import { isCancellation } from '@temporalio/workflow';
import type { MetricFamily, Policy } from '../activities/contract.js';
import type { Change } from '../model/change.js';
import type { CheckResult } from '../model/check.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { EvidenceRef, IncidentRecord, Scope } from '../model/incident.js';
import {
  analyse,
  analysing,
  collectChanges,
  collecting,
  collectMetrics,
  planScope,
  runChecks,
} from './activity-policies.js';
import { now, type Incident } from './incident.js';
import { reasonOf } from './reasons.js';

const FAMILY_WORDS: Record<MetricFamily, string> = {
  golden: 'latency, errors and traffic',
  edges: 'calls between services',
  resources: 'resource use',
  hosts: 'hosts',
};

/**
 * One look at an incident: scope, collect, analyse, check the leading suspects, analyse again with what the checks
 * saw. Whatever cannot be read becomes a gap of the record; the look goes on without it.
 */
export async function look(incident: Incident, policy: Policy): Promise<void> {
  incident.beginLook();
  try {
    await lookAround(incident, policy);
  } finally {
    incident.endLook();
  }
}

async function lookAround(incident: Incident, policy: Policy): Promise<void> {
  incident.enter('scoping');
  const scope = await decideScope(incident, policy);
  if (!scope) return;

  incident.enter('collecting');
  const [evidence, changes] = await Promise.all([
    collectFamilies(incident, policy, scope),
    readChanges(incident, policy, scope),
  ]);
  const seen = { evidence, changes };

  incident.enter('analysing');
  const first = await think(incident, policy, scope, { ...seen, checks: [] });
  const findings = { ...seen, scope: keptOf(scope), checks: [] };
  if (first || !incident.record.diagnosis) incident.take(findings);
  if (!first) return;
  incident.conclude(first);

  const suspects = first.suspects.filter((suspect) => suspect.status !== 'ruled-out');
  if (suspects.length === 0 || policy.checkSuspects === 0) return;
  incident.enter('checking');
  const checks = await checkSuspects(incident, policy, scope, suspects.slice(0, policy.checkSuspects));
  if (checks.length === 0) return;
  incident.take({ ...findings, checks });

  incident.enter('analysing');
  const second = await think(incident, policy, scope, { ...seen, checks });
  if (second) incident.conclude(second);
}

async function decideScope(incident: Incident, policy: Policy): Promise<Scope | null> {
  const { environment, anomalies, service } = incident.record;
  const input = { environment, anomalies, now: now() };
  const summary = `Find what ${service} depends on and which metrics there are`;
  const scope = await attempt(incident, 'metrics', `the services around ${service}`, () =>
    incident.step(
      summary,
      () => planScope.executeWithOptions({ summary, ...collecting(policy) }, [input]),
      (found) => `${found.services.length} services, metric packs ${found.packs.join(', ') || 'none'}`,
    ),
  );
  incident.addGaps(scope?.gaps ?? []);
  return scope;
}

/** All but the graph: edges of hundreds of services would weigh down every rendering. */
function keptOf(scope: Scope): IncidentRecord['scope'] {
  const { environment, service, symptom, services, window, anomalyTime, packs, reading, gaps } = scope;
  return {
    ...{ environment, service, symptom, services, window, anomalyTime, packs, gaps },
    ...(reading && { reading }),
  };
}

async function collectFamilies(incident: Incident, policy: Policy, scope: Scope): Promise<EvidenceRef[]> {
  const collected = await Promise.all(
    policy.families.map((family) => {
      const what = `${FAMILY_WORDS[family]} of ${scope.services.length} services`;
      return attempt(incident, 'metrics', what, () =>
        incident.step(
          `Pull ${what}`,
          () =>
            collectMetrics.executeWithOptions({ summary: `Pull ${what}`, ...collecting(policy) }, [
              { scope, family },
            ]),
          (result) => result.evidence.summary,
        ),
      );
    }),
  );
  const answered = collected.filter((result) => result !== null);
  for (const { gaps } of answered) incident.addGaps(gaps);
  return answered.map(({ evidence }) => evidence);
}

async function readChanges(incident: Incident, policy: Policy, scope: Scope): Promise<Change[]> {
  const summary = 'Read what was changed before the anomaly';
  const result = await attempt(incident, 'changes', 'deploys and other changes', () =>
    incident.step(
      summary,
      () => collectChanges.executeWithOptions({ summary, ...collecting(policy) }, [{ scope }]),
      ({ changes }) => `${changes.length} changes`,
    ),
  );
  incident.addGaps(result?.gaps ?? []);
  return result?.changes ?? [];
}

async function think(
  incident: Incident,
  policy: Policy,
  scope: Scope,
  seen: Pick<IncidentRecord, 'evidence' | 'changes' | 'checks'>,
): Promise<Diagnosis | null> {
  const { gaps } = incident;
  const summary =
    seen.checks.length > 0
      ? 'Weigh the evidence again with the checks'
      : 'Weigh the evidence and rank suspects';
  return attempt(incident, 'analysis', 'a ranking of causes', () =>
    incident.step(
      summary,
      () => analyse.executeWithOptions({ summary, ...analysing(policy) }, [{ scope, ...seen, gaps }]),
      ({ verdict }) => `${verdict.level}: ${verdict.service ?? 'no service'} (${verdict.faultKind})`,
    ),
  );
}

async function checkSuspects(
  incident: Incident,
  policy: Policy,
  scope: Scope,
  suspects: Diagnosis['suspects'],
): Promise<CheckResult[]> {
  const results = await Promise.all(
    suspects.map(({ service, faultKind }) => {
      const summary = `Check ${service} for ${faultKind === 'unknown' ? 'trouble' : faultKind}`;
      return attempt(incident, 'checks', `checks on ${service}`, () =>
        incident.step(
          summary,
          () =>
            runChecks.executeWithOptions({ summary, ...collecting(policy) }, [{ scope, service, faultKind }]),
          ({ checks }) =>
            `${checks.filter((check) => check.outcome === 'failed').length} of ${checks.length} found trouble`,
        ),
      );
    }),
  );
  const answered = results.filter((result) => result !== null);
  for (const { gaps } of answered) incident.addGaps(gaps);
  return answered.flatMap(({ checks }) => checks);
}

/** Runs work that may fail for good; then null, and the record says what could not be seen. */
async function attempt<T>(
  incident: Incident,
  source: string,
  what: string,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isCancellation(error)) throw error;
    incident.addGaps([{ source, what, reason: reasonOf(error) }]);
    return null;
  }
}
