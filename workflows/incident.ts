import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';
import type { Anomaly } from '../model/anomaly.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { Gap } from '../model/gap.js';
import type {
  Feedback,
  IncidentRecord,
  IncidentState,
  RevisionReason,
  Publication,
} from '../model/incident.js';
import type { Progress, ProgressStep } from '../model/progress.js';
import { currentDetails, headlineOf } from '../report/details.js';
import { Alerts, type CountedAlerts } from './alerts.js';
import type { CallsMade } from './call-for-somebody.js';
import { reasonOf } from './reasons.js';
import { showInSearch } from './search-attributes.js';
import { Timeline, type LeftOut } from './timeline.js';
import { minutes } from './words.js';

/** Plain data from which an incident goes on when its workflow continues as new. Version 0.1 had the record alone. */
export interface IncidentSnapshot {
  record: IncidentRecord;
  counted?: CountedAlerts;
  leftOut?: LeftOut | null;
  calls?: CallsMade;
}

/** What one look found: they belong together, and replace what the look before found. */
export type Findings = Pick<IncidentRecord, 'scope' | 'evidence' | 'changes' | 'checks'>;

const FINISHED: readonly IncidentState[] = ['resolved', 'expired', 'cancelled'];

/** Workflow time in unix seconds: stands still within a task, and is the same on replay. */
export function now(): number {
  return Date.now() / 1000;
}

/** A sink's latest publication is never forgotten; of the others so many are kept. */
const MOST_PUBLICATIONS = 60;

/**
 * What is known of one incident while its workflow runs: the record that is published, which of its alerts still
 * fire, and how far the present look has come. Every change is shown in the Temporal UI at once.
 */
export class Incident {
  readonly record: IncidentRecord;
  /** Something came after the present look began that is worth another. */
  hasNews = false;
  /** A person wants another look. */
  isRerunWanted = false;
  /** What people said of it and nobody was told yet. */
  readonly untold: RevisionReason[] = [];
  readonly calls: CallsMade;
  private readonly alerts: Alerts;
  private readonly timeline: Timeline;
  private steps: ProgressStep[] = [];
  /** What the present look could not see; null between looks. */
  private unseen: Gap[] | null = null;
  private waitingFor: string | null = null;

  constructor(opening: { environment: string; anomalies: Anomaly[] } | IncidentSnapshot) {
    const carried: Partial<IncidentSnapshot> = 'record' in opening ? opening : {};
    this.record =
      'record' in opening
        ? opening.record
        : newRecord(opening.environment, opening.anomalies[0]?.service ?? 'unknown');
    this.alerts = new Alerts(this.record, carried.counted);
    this.timeline = new Timeline(this.record, carried.leftOut);
    this.calls = carried.calls ?? { reminders: 0, remindedAt: this.record.timings.openedAt };
    if ('anomalies' in opening) this.add(opening.anomalies);
  }

  snapshot(): IncidentSnapshot {
    return {
      record: this.record,
      counted: this.alerts.snapshot(),
      leftOut: this.timeline.snapshot(),
      calls: this.calls,
    };
  }

  get progress(): Progress {
    return { state: this.record.state, headline: headlineOf(this.record), steps: this.steps };
  }

  isFinished(): boolean {
    return FINISHED.includes(this.record.state);
  }

  /** No alert of this incident fires any more. */
  isQuiet(): boolean {
    return this.alerts.areQuiet();
  }

  /** The listed alerts that still fire. */
  get firing(): Anomaly[] {
    return this.record.anomalies.filter(({ status }) => status === 'firing');
  }

  /** A first summary is out or on its way. */
  wasTold(): boolean {
    return this.record.revision > 0;
  }

  /** Somebody has acknowledged the incident, or judged what was said of it. */
  isLookedAfter(): boolean {
    return this.record.acknowledged !== null || this.record.feedback !== null;
  }

  /** Takes anomalies in; one that is known (a signal delivered twice) changes nothing. */
  add(anomalies: Anomaly[]): void {
    for (const anomaly of anomalies) {
      const taken = this.alerts.take(anomaly);
      if (taken === 'listed') {
        const why = anomaly.joined === undefined ? '' : `; joined: ${anomaly.joined}`;
        const what = `${anomaly.title} (${anomaly.service}, ${anomaly.severity})${why}`;
        this.note(anomaly.startedAt, what, anomaly.source);
      }
      // An ended incident begins again with any alert; an open one looks again for those that it can tell of.
      if (taken === 'listed' || (taken === 'counted' && this.isFinished())) this.hasNews = true;
    }
  }

  /** Marks the episodes that are over. */
  resolve(anomalies: Anomaly[]): void {
    for (const over of anomalies) {
      const endedAt = over.endedAt ?? now();
      const listed = this.alerts.end(over, endedAt);
      if (listed) this.note(endedAt, `Resolved: ${listed.title}`, listed.source);
    }
    this.show();
  }

  /** Said twice it is as if it were said once. */
  acknowledge(by: string): void {
    if (this.record.acknowledged?.by === by) return;
    this.record.acknowledged = { by, at: now() };
    this.note(now(), `Acknowledged by ${by}`, by);
    this.untold.push('acknowledged');
    this.show();
  }

  /** The last verdict counts. */
  judge(verdict: Omit<Feedback, 'at'>): void {
    const known = this.record.feedback;
    if (known && isSame(known, verdict)) return;
    this.record.feedback = { ...verdict, at: now() };
    const cause = [verdict.service, verdict.faultKind].filter((part) => part != null).join(', ');
    this.note(
      now(),
      `Diagnosis judged ${verdict.correct ? 'right' : 'wrong'}${cause && `: ${cause}`}`,
      verdict.by,
    );
    this.untold.push('feedback');
    this.show();
  }

  requestRerun(by: string): void {
    this.isRerunWanted = true;
    this.note(now(), `${by} asked to look again`, by);
  }

  remind(): void {
    this.calls.reminders += 1;
    this.calls.remindedAt = now();
    this.note(now(), `Reminder ${this.calls.reminders}: nobody has acknowledged it`, 'faultline');
  }

  escalate(): void {
    const unheard = minutes(now() - this.record.timings.openedAt);
    this.record.escalatedAt = now();
    this.note(now(), `Escalated: nobody has acknowledged it for ${unheard}`, 'faultline');
    this.show();
  }

  /** An alert came for it when it had ended. */
  reopen(): void {
    this.record.timings.closedAt = null;
    this.note(now(), 'Open again: an alert was on its way when it ended', 'faultline');
  }

  enter(state: IncidentState): void {
    this.record.state = state;
    this.show();
  }

  /** Begins a look. Until it ends the record is as the last look left it, since it may be told meanwhile. */
  beginLook(): void {
    this.hasNews = false;
    this.isRerunWanted = false;
    this.unseen = [];
    this.steps = [];
  }

  /** Ends a look: what could not be seen last time may have been seen now. */
  endLook(): void {
    this.record.gaps = this.gaps;
    this.unseen = null;
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

  /** What cannot be seen, as far as the present look knows, or the last one when none is under way. */
  get gaps(): Gap[] {
    return this.unseen ?? this.record.gaps;
  }

  addGaps(gaps: Gap[]): void {
    for (const gap of gaps) {
      const known = this.gaps.some((one) => one.source === gap.source && one.what === gap.what);
      if (!known) this.gaps.push(gap);
    }
  }

  take(findings: Findings): void {
    Object.assign(this.record, findings);
  }

  conclude(diagnosis: Diagnosis): void {
    this.record.diagnosis = diagnosis;
    this.addGaps(diagnosis.gaps);
    this.record.timings.firstResultAt ??= now();
  }

  published(publication: Publication): void {
    const { publications } = this.record;
    publications.push(publication);
    if (publications.length <= MOST_PUBLICATIONS) return;
    const forgotten = publications.findIndex(({ sink }, i) =>
      publications.slice(i + 1).some((later) => later.sink === sink),
    );
    if (forgotten >= 0) publications.splice(forgotten, 1);
  }

  link(title: string, url: string): void {
    const known = this.record.links.find((link) => link.title === title);
    if (known) known.url = url;
    else this.record.links.push({ title, url });
  }

  note(time: number, what: string, source: string): void {
    this.timeline.add({ time, what, source });
  }

  /** Shows the present state in the Temporal UI: current details and search attributes. */
  show(): void {
    this.showDetails();
    showInSearch(this.record);
  }

  /** Says in the Temporal UI what the incident waits for; null when for nothing. */
  awaits(what: string | null): void {
    this.waitingFor = what;
    this.showDetails();
  }

  private showDetails(): void {
    const waiting = this.waitingFor === null ? '' : `\n\n${this.waitingFor}.`;
    setCurrentDetails(`${currentDetails(this.record)}${waiting}`);
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
    revisionReason: 'first-result',
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
    feedback: null,
    publications: [],
    timings: { openedAt: now(), firstResultAt: null, closedAt: null },
    links: [],
    product: { version: 'unknown' },
  };
}

function isSame(known: Feedback, given: Omit<Feedback, 'at'>): boolean {
  const { correct, service, faultKind, note, by } = given;
  return (
    known.correct === correct &&
    known.service === service &&
    known.faultKind === faultKind &&
    known.note === note &&
    known.by === by
  );
}
