import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';
import type { IncidentRecord, RevisionReason } from '../model/incident.js';
import { publish, saveRecord } from './activity-policies.js';
import { now, type Incident } from './incident.js';
import { reasonOf } from './reasons.js';

/**
 * Saves the record and hands it to the sinks. Revisions are written one after the other; then each sink has its own
 * queue, so that one that is down neither holds up the others nor the incident, and its summaries arrive in order.
 */
export class Publisher {
  private writing: Promise<unknown> = Promise.resolve();
  private readonly queues = new Map<string, Promise<void>>();
  /** Revisions that are being written and summaries that are on their way. */
  private underway = 0;
  private lastTold: string | null = null;

  constructor(
    private readonly incident: Incident,
    private readonly policy: Policy,
  ) {
    if (incident.wasTold()) this.lastTold = gist(incident.record);
  }

  /** Whether verdict, scope or severity differ from what was told last. */
  hasNewsToTell(): boolean {
    return gist(this.incident.record) !== this.lastTold;
  }

  /** Saves a new revision and queues it for its sinks; does not wait for the sinks. */
  async publish(revisionReason: RevisionReason): Promise<void> {
    this.underway += 1;
    // What was concluded is told, also when somebody cancels the incident meanwhile.
    const written = this.writing.then(() =>
      CancellationScope.nonCancellable(() => this.write(revisionReason)),
    );
    this.writing = written.catch(() => undefined);
    try {
      await written;
    } finally {
      this.underway -= 1;
    }
  }

  /** Tells at once what people say of the incident, also while a look is under way. Never ends. */
  async relay(): Promise<void> {
    const { incident } = this;
    const tellsPeople = this.policy.feedbackWindowSeconds !== undefined;
    for (;;) {
      await condition(() => incident.untold.length > 0);
      const [revisionReason] = incident.untold;
      // Before the first result there is nothing to change: it will say so itself.
      if (revisionReason && tellsPeople && incident.wasTold()) await this.tryToPublish(revisionReason);
      incident.untold.shift();
    }
  }

  /** Nothing is being written, and every sink has taken or finally refused what was queued. */
  isIdle(): boolean {
    return this.underway === 0 && this.incident.untold.length === 0;
  }

  async settled(): Promise<void> {
    await condition(() => this.isIdle());
  }

  private async tryToPublish(revisionReason: RevisionReason): Promise<void> {
    try {
      await this.publish(revisionReason);
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.incident.note(now(), `Summary not written: ${reasonOf(error)}`, 'faultline');
    }
  }

  private async write(revisionReason: RevisionReason): Promise<void> {
    const { incident } = this;
    incident.record.revision += 1;
    incident.record.revisionReason = revisionReason;
    this.lastTold = gist(incident.record);
    const { uri, reportPath, reportUrl, sinks } = await saveRecord.executeWithOptions(
      {
        summary: `Write revision ${incident.record.revision} of the report: ${REVISION_REASON_WORDS[revisionReason]}`,
      },
      [{ record: incident.record }],
    );
    incident.link('Report', reportPath);
    if (reportUrl) incident.link('Report page', reportUrl);
    for (const sink of this.audience(sinks)) {
      const before = this.queues.get(sink) ?? Promise.resolve();
      this.queues.set(
        sink,
        before.then(() => this.send(sink, uri)),
      );
      this.underway += 1;
    }
  }

  /** Who hears of a revision: its routes' choice, and whoever has an earlier one still before it. */
  private audience(routed: string[] | undefined): Iterable<string> {
    return routed ? new Set([...routed, ...this.queues.keys()]) : this.policy.sinks;
  }

  private async send(sink: string, recordUri: string): Promise<void> {
    try {
      const summary = `Post the summary to ${sink}`;
      const publication = await CancellationScope.nonCancellable(() =>
        publish.executeWithOptions({ summary }, [{ sink, recordUri }]),
      );
      this.incident.published(publication);
    } catch (error) {
      this.incident.note(now(), `Summary not delivered to ${sink}: ${reasonOf(error)}`, 'faultline');
    } finally {
      this.underway -= 1;
    }
  }
}

const REVISION_REASON_WORDS: Record<RevisionReason, string> = {
  'first-result': 'first result',
  update: 'something changed',
  reminder: 'reminder',
  escalation: 'escalation',
  acknowledged: 'acknowledged',
  feedback: 'a person judged it',
  final: 'the incident is over',
};

/** What a reader would want to be told of when it changes. */
function gist(record: IncidentRecord): string {
  const verdict = record.diagnosis?.verdict;
  return JSON.stringify([
    verdict?.level,
    verdict?.service,
    verdict?.faultKind,
    verdict?.changeId,
    record.diagnosis?.blastRadius.length,
    record.severity,
    record.gaps.map((gap) => gap.what),
  ]);
}
