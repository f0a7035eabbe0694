import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';
import type { Anomaly } from '../model/anomaly.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { Gap } from '../model/gap.js';
import type { HumanVerdict, IncidentRecord, IncidentState, Publication, Scope } from '../model/incident.js';
import type { Progress, ProgressStep } from '../model/progress.js';
import { currentDetails, headlineOf } from '../report/details.js';
import { episodeOf, worstSeverity } from './anomalies.js';
import { reasonOf } from './reasons.js';
import { showInSearch } from './search-attributes.js';

/** Plain data from which an incident goes on when its workflow continues as new. */
export interface IncidentSnapshot {
  record: IncidentRecord;
  resolvedEpisodes: string[];
}

const FINISHED: readonly IncidentState[] = ['resolved', 'expired', 'cancelled'];

/** Workflow time in unix seconds: stands still within a task, and is the same on replay. */
export function now(): number {
  return Date.now() / 1000;
}

/**
 * What is known of one incident while its workflow runs: the record that is published, which of its alerts still
 * fire, and how far the present look has come. Every change is shown in the Temporal UI at once.
 */
export class Incident {
  readonly record: IncidentRecord;
  /** Anomalies that came after the present look began. */
  hasNews = false;
  private readonly resolvedEpisodes: Set<string>;
  private steps: ProgressStep[] = [];

  constructor(opening: { environment: string; anomalies: Anomaly[] } | IncidentSnapshot) {
    if ('record' in opening) {
      this.record = opening.record;
      this.resolvedEpisodes = new Set(opening.resolvedEpisodes);
      return;
    }
    this.record = newRecord(opening.environment, opening.anomalies[0]?.service ?? 'unknown');
    this.resolvedEpisodes = new Set();
    this.add(opening.anomalies);
  }

  snapshot(): IncidentSnapshot {
    return { record: this.record, resolvedEpisodes: [...this.resolvedEpisodes] };
  }

  get progress(): Progress {
    return { state: this.record.state, headline: headlineOf(this.record), steps: this.steps };
  }

  isFinished(): boolean {
    return FINISHED.includes(this.record.state);
  }

  /** No alert of this incident fires any more. */
  isQuiet(): boolean {
    return this.record.anomalies.every((anomaly) => anomaly.status === 'resolved');
  }

  get firing(): Anomaly[] {
    return this.record.anomalies.filter((anomaly) => anomaly.status === 'firing');
  }

  /** Takes anomalies in; one that is known (a signal delivered twice) changes nothing. */
  add(anomalies: Anomaly[]): void {
    const known = new Set(this.record.anomalies.map(episodeOf));
    for (const anomaly of anomalies) {
      const episode = episodeOf(anomaly);
      if (known.has(episode)) continue;
      known.add(episode);
      this.record.anomalies.push(anomaly);
      this.note(
        anomaly.startedAt,
        `${anomaly.title} (${anomaly.service}, ${anomaly.severity})`,
        anomaly.source,
      );
      this.hasNews = true;
    }
    this.record.severity = worstSeverity(this.record.anomalies);
  }

  /** Marks the episodes that are over. */
  resolve(anomalies: Anomaly[]): void {
    for (const over of anomalies) {
      const mine = this.record.anomalies.find((anomaly) => episodeOf(anomaly) === episodeOf(over));
      if (!mine || this.resolvedEpisodes.has(episodeOf(mine))) continue;
      this.resolvedEpisodes.add(episodeOf(mine));
      mine.status = 'resolved';
      mine.endedAt = over.endedAt ?? now();
      this.note(mine.endedAt, `Resolved: ${mine.title}`, mine.source);
    }
    this.show();
  }

  acknowledge(by: string): void {
    this.record.acknowledged = { by, at: now() };
    this.note(now(), `Acknowledged by ${by}`, by);
    this.show();
  }

  judge(verdict: Omit<HumanVerdict, 'at'>): void {
    this.record.humanVerdict = { ...verdict, at: now() };
    const cause = [verdict.service, verdict.faultKind].filter((part) => part != null).join(', ');
    this.note(
      now(),
      `Diagnosis judged ${verdict.correct ? 'right' : 'wrong'}${cause && `: ${cause}`}`,
      verdict.by,
    );
    this.show();
  }

  enter(state: IncidentState): void {
    this.record.state = state;
    this.show();
  }

  /** Begins a look: what could not be seen last time may be seen now. */
  beginLook(): void {
    this.hasNews = false;
    this.record.gaps = [];
    this.steps = [];
  }

  /** Runs one step of a look under a name that people read, and keeps how it went. */
  async step<T>(name: string, work: () => Promise<T>, detail: (result: T) => string): Promise<T> {
    const step: ProgressStep = { name, state: 'running', detail: '', startedAt: now() };
    this.steps.push(step);
    try {
      const result = await work();
      step.state = 'done';
      step.detail = detail(result);
      return result;
    } catch (error) {
      step.state = 'failed';
      step.detail = reasonOf(error);
      throw error;
    } finally {
      step.endedAt = now();
    }
  }

  addGaps(gaps: Gap[]): void {
    for (const gap of gaps) {
      const known = this.record.gaps.some((one) => one.source === gap.source && one.what === gap.what);
      if (!known) this.record.gaps.push(gap);
    }
  }

  see(scope: Scope): void {
    const { environment, service, symptom, services, window, anomalyTime, packs, reading, gaps } = scope;
    // All but the graph: edges of hundreds of services would weigh down every rendering.
    this.record.scope = {
      ...{ environment, service, symptom, services, window, anomalyTime, packs, gaps },
      ...(reading && { reading }),
    };
    this.addGaps(scope.gaps);
  }

  conclude(diagnosis: Diagnosis): void {
    this.record.diagnosis = diagnosis;
    this.addGaps(diagnosis.gaps);
    this.record.timings.firstResultAt ??= now();
  }

  published(publication: Publication): void {
    this.record.publications.push(publication);
  }

  link(title: string, url: string): void {
    const known = this.record.links.find((link) => link.title === title);
    if (known) known.url = url;
    else this.record.links.push({ title, url });
  }

  note(time: number, what: string, source: string): void {
    this.record.timeline.push({ time, what, source });
    this.record.timeline.sort((a, b) => a.time - b.time);
  }

  /** Shows the present state in the Temporal UI: current details and search attributes. */
  show(): void {
    setCurrentDetails(currentDetails(this.record));
    showInSearch(this.record);
  }

  /** Fills in what only the policy tells. */
  open(policy: Pick<Policy, 'uiUrl' | 'metricsUrl' | 'productVersion'>): void {
    const { workflowId, runId, namespace } = workflowInfo();
    this.record.product.version = policy.productVersion;
    if (policy.uiUrl) {
      const run = `${encodeURIComponent(workflowId)}/${runId}`;
      this.link(
        'Temporal run',
        `${policy.uiUrl.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${run}`,
      );
    }
    if (policy.metricsUrl) this.link('Metrics', policy.metricsUrl);
  }
}

function newRecord(environment: string, service: string): IncidentRecord {
  const { workflowId, runId } = workflowInfo();
  return {
    schemaVersion: '1',
    id: workflowId,
    runId,
    revision: 0,
    occasion: 'first-result',
    environment,
    service,
    severity: 'info',
    state: 'scoping',
    anomalies: [],
    unlisted: { firing: 0, resolved: 0 },
    scope: null,
    diagnosis: null,
    changes: [],
    checks: [],
    gaps: [],
    evidence: [],
    timeline: [],
    acknowledged: null,
    escalatedAt: null,
    humanVerdict: null,
    publications: [],
    timings: { openedAt: now(), firstResultAt: null, closedAt: null },
    links: [],
    product: { version: 'unknown' },
  };
}
