import { isCancellation } from '@temporalio/workflow';
import type { Activities, Conclusion, MetricFamily, Policy } from '../../activities/contract.js';
import type { Gap } from '../../model/gap.js';
import type { DocumentRef, EvidenceRef } from '../../model/incident.js';
import type { ProgressStep } from '../../model/progress.js';
import { shortSummary } from '../../report/details.js';
import {
  analyse,
  analysing,
  collectChanges,
  collecting,
  collectLogs,
  collectMetrics,
  collectSlices,
  collectState,
  collectTraces,
  inZone as inZoneOptions,
  planScope,
  runChecks,
} from '../activity-options.js';
import { failureReason } from '../failure-reason.js';
import { now } from '../time.js';
import type { Findings } from './incident.js';

const FAMILY_WORDS: Record<MetricFamily, string> = {
  golden: 'latency, errors and traffic',
  edges: 'calls between services',
  resources: 'resource use',
  hosts: 'hosts',
};

/** What sources beside metrics are asked for. */
type SourceKind = keyof Policy['sources'];

const SOURCE_KINDS: Record<SourceKind, { what: string; collect: typeof collectLogs }> = {
  logs: { what: 'log lines', collect: collectLogs },
  traces: { what: 'traces', collect: collectTraces },
  state: { what: 'the state of workloads and hosts', collect: collectState },
};

/** What is to be investigated. */
export type Subject = Parameters<Activities['planScope']>[0];

/**
 * One investigation of an incident: scope, collect, analyse, check the leading suspects and tell their
 * requests apart, analyse again with what that showed. What cannot be read becomes a gap, and the investigation goes on
 * without it. Scope, changes, checks and diagnosis are documents in the store, passed on by reference. `onStep` is
 * called as steps begin and end.
 */
export async function investigate(
  subject: Subject,
  policy: Policy,
  onStep: (step: ProgressStep) => void,
): Promise<Findings> {
  const run = new Run(policy, onStep);
  const result = await run.investigate(subject);
  return { gaps: run.gaps, failedSteps: run.failedSteps, result };
}

interface Seen {
  evidence: EvidenceRef[];
  changes: DocumentRef | null;
  checks: DocumentRef[];
}

class Run {
  gaps: Gap[] = [];
  readonly failedSteps: string[] = [];
  private readonly collecting;

  constructor(
    private readonly policy: Policy,
    private readonly onStep: (step: ProgressStep) => void,
  ) {
    this.collecting = collecting(policy);
  }

  async investigate(subject: Subject): Promise<Findings['result']> {
    const planned = await this.planScope(subject);
    if (!planned) return null;
    const { scope, services } = planned;
    const [metrics, told, changes] = await Promise.all([
      this.collectFamilies(scope, services),
      this.collectSources(scope, services),
      this.collectChanges(scope),
    ]);

    const seen: Seen = { evidence: [...metrics, ...told], changes, checks: [] };
    const first = await this.analyse(scope, seen);
    if (!first) return resultOf(scope, seen, null);
    const suspects = first.suspects.slice(0, this.policy.checkSuspects);
    const [checks, slices] = await Promise.all([
      this.checkSuspects(scope, suspects),
      this.collectSlices(scope, suspects),
    ]);
    if (checks.length + slices.length === 0) return resultOf(scope, seen, first);
    const all = { ...seen, evidence: [...seen.evidence, ...slices], checks };
    return resultOf(scope, all, (await this.analyse(scope, all, true)) ?? first);
  }

  private planScope(subject: Subject) {
    const service = subject.anomalies[0]?.service ?? 'unknown';
    const summary = shortSummary(`Find what ${service} depends on and which metrics there are`);
    return this.step(
      { key: 'scope', source: 'metrics', what: `the services around ${service}`, summary },
      () => planScope.executeWithOptions({ summary, ...this.collecting }, [subject]),
      ({ services, packs }) => `${services} services, metric packs ${packs.join(', ') || 'none'}`,
    );
  }

  private async collectFamilies(scope: DocumentRef, services: number): Promise<EvidenceRef[]> {
    const collected = await Promise.all(
      this.policy.families.map((family) => {
        const what = `${FAMILY_WORDS[family]} of ${services} services`;
        const summary = `Pull ${what}`;
        return this.step(
          { key: `collect ${family}`, source: 'metrics', what, summary },
          () => collectMetrics.executeWithOptions({ summary, ...this.collecting }, [{ scope, family }]),
          ({ evidence }) => evidence.summary,
        );
      }),
    );
    return collected.flatMap((result) => (result ? [result.evidence] : []));
  }

  private async collectSources(scope: DocumentRef, services: number): Promise<EvidenceRef[]> {
    const asked = (Object.keys(SOURCE_KINDS) as SourceKind[]).flatMap((kind) =>
      this.policy.sources[kind].map((source) => ({ source, ...SOURCE_KINDS[kind] })),
    );
    const collected = await Promise.all(
      asked.map(({ source, what: name, collect }) => {
        const what = `${name} of ${services} services`;
        const summary = shortSummary(`Read ${what} from ${source}`);
        return this.step(
          { key: `collect ${source}`, source, what, summary },
          () => collect.executeWithOptions({ summary, ...this.collecting }, [{ scope, source }]),
          ({ evidence }) => evidence.summary,
        );
      }),
    );
    return collected.flatMap((result) => (result ? [result.evidence] : []));
  }

  private async collectChanges(scope: DocumentRef): Promise<DocumentRef | null> {
    const summary = 'Read what was changed before the anomaly';
    const result = await this.step(
      { key: 'changes', source: 'changes', what: 'deploys and other changes', summary },
      () => collectChanges.executeWithOptions({ summary, ...this.collecting }, [{ scope }]),
      ({ count }) => `${count} changes`,
    );
    return result?.changes ?? null;
  }

  /** What was missing is part of the conclusion: a second analysis replaces what the first one said of it. */
  private async analyse(scope: DocumentRef, seen: Seen, isSecond = false): Promise<Conclusion | null> {
    const summary = isSecond
      ? 'Weigh the evidence again with checks and slices'
      : 'Weigh the evidence and rank suspects';
    return this.step(
      { key: 'analysis', source: 'analysis', what: 'a ranking of causes', summary },
      () =>
        analyse.executeWithOptions({ summary, ...analysing(this.policy) }, [
          { scope, ...seen, gaps: this.gaps },
        ]),
      ({ excerpt: { verdict } }) =>
        `${verdict.level}: ${verdict.service ?? 'no service'} (${verdict.faultKind})`,
    );
  }

  private async checkSuspects(scope: DocumentRef, suspects: Conclusion['suspects']): Promise<DocumentRef[]> {
    const results = await Promise.all(
      suspects.map(async ({ service, faultKind }) => {
        const trouble = faultKind === 'unknown' ? 'trouble' : faultKind;
        const summary = shortSummary(`Check ${service} for ${trouble}`);
        const input = { scope, service, suspects };
        const here = await this.checkStep(`checks on ${service}`, summary, () =>
          runChecks.executeWithOptions({ summary, ...this.collecting }, [input]),
        );
        const elsewhere = await Promise.all(
          (here?.zones ?? []).map((zone) => {
            const inZone = shortSummary(`Check ${service} in ${zone} for ${trouble}`);
            return this.checkStep(`checks on ${service} in ${zone}`, inZone, () =>
              runChecks.executeWithOptions({ summary: inZone, ...this.collecting, ...inZoneOptions(zone) }, [
                { ...input, zone },
              ]),
            );
          }),
        );
        return [here, ...elsewhere];
      }),
    );
    return results.flat().flatMap((result) => (result ? [result.checks] : []));
  }

  private checkStep(what: string, summary: string, work: () => ReturnType<Activities['runChecks']>) {
    return this.step({ key: 'checks', source: 'checks', what, summary }, work, ({ failed, ran, left }) => {
      if (ran === 0) return left > 0 ? `none was run: ${left} would tell little` : 'there is none';
      return `${failed} of ${ran} failed${left > 0 ? `; ${left} more would tell little` : ''}`;
    });
  }

  private async collectSlices(scope: DocumentRef, suspects: Conclusion['suspects']): Promise<EvidenceRef[]> {
    const results = await Promise.all(
      suspects.map(({ service }) => {
        const summary = shortSummary(`Tell the requests of ${service} apart`);
        return this.step(
          { key: 'slices', source: 'metrics', what: `slices of ${service}`, summary },
          () => collectSlices.executeWithOptions({ summary, ...this.collecting }, [{ scope, service }]),
          ({ evidence }) => evidence.summary,
        );
      }),
    );
    return results.flatMap((result) => (result ? [result.evidence] : []));
  }

  /**
   * Runs one step under a name that people read, and says how it went. A step that fails for good answers null, and
   * leaves a gap; `key` names it in `failedSteps`.
   */
  private async step<T extends { gaps: Gap[] }>(
    { key, source, what, summary }: { key: string; source: string; what: string; summary: string },
    work: () => Promise<T>,
    detailOf: (result: T) => string,
  ): Promise<T | null> {
    const step: ProgressStep = { name: summary, state: 'running', detail: '', startedAt: now() };
    this.onStep(step);
    try {
      const result = await work();
      this.onStep({ ...step, state: 'done', detail: detailOf(result), endedAt: now() });
      this.addGaps(result.gaps);
      return result;
    } catch (error) {
      const reason = failureReason(error);
      this.onStep({ ...step, state: 'failed', detail: reason, endedAt: now() });
      if (isCancellation(error)) throw error;
      this.addGaps([{ source, what, reason }]);
      if (!this.failedSteps.includes(key)) this.failedSteps.push(key);
      return null;
    }
  }

  private addGaps(gaps: Gap[]): void {
    const isKnown = ({ source, what }: Gap): boolean =>
      this.gaps.some((one) => one.source === source && one.what === what);
    for (const gap of gaps) if (!isKnown(gap)) this.gaps.push(gap);
  }
}

function resultOf(scope: DocumentRef, seen: Seen, conclusion: Conclusion | null): Findings['result'] {
  const { evidence, changes, checks } = seen;
  return {
    documents: [
      scope,
      ...(changes ? [changes] : []),
      ...checks,
      ...(conclusion ? [conclusion.diagnosis] : []),
    ],
    evidence,
    changes: conclusion?.changes ?? [],
    checks: conclusion?.checks ?? [],
    diagnosis: conclusion?.excerpt ?? null,
  };
}
