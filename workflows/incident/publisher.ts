import { CancellationScope, condition } from '@temporalio/workflow';
import type { RevisionReason } from '../../model/incident.js';
import { publish, saveRecord } from '../activity-options.js';
import { failureReason } from '../failure-reason.js';
import { now } from '../time.js';
import { withinBudget } from './budget.js';
import type { IncidentContext } from './context.js';
import { digestOf, isFinished, isPublished, recordOf } from './state.js';

/** For how long a store that is away is tried: the next revision tries again. */
const SAVE = { scheduleToCloseTimeout: '10m' } as const;
/** After the final report there is no next one: it is tried for a day, in the end every ten minutes. */
const FINAL_SAVE = {
  scheduleToCloseTimeout: '24h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10m' },
} as const;

/**
 * Saves the record and hands it to the sinks. Revisions are written one after the other; then each sink has its own
 * queue, so that one that is down neither holds up the others nor the incident, and its summaries arrive in order.
 */
export class Publisher {
  private writing: Promise<void> = Promise.resolve();
  private readonly queues = new Map<string, Promise<void>>();
  /** Revisions that are being written and summaries that are on their way. */
  private underway = 0;

  constructor(private readonly context: IncidentContext) {}

  /** Whether what a reader would want to know differs from what was saved last. */
  hasNews(): boolean {
    return digestOf(this.context.incident) !== this.context.incident.savedDigest;
  }

  /**
   * Saves a new revision and queues it for its sinks; does not wait for the sinks. Never fails: a revision that cannot
   * be saved is noted, and what is new in it stays to be saved with the next.
   */
  async publish(reason: RevisionReason): Promise<void> {
    this.underway += 1;
    // What was concluded is published, also when somebody cancels the incident meanwhile.
    this.writing = this.writing.then(() => CancellationScope.nonCancellable(() => this.write(reason)));
    await this.writing;
    this.underway -= 1;
  }

  /** Publishes at once what people do, also while an investigation is under way. Never ends. */
  async publishNotices(): Promise<void> {
    for (;;) {
      await condition(() => this.context.incident.pendingNotices.length > 0);
      const [reason] = this.context.incident.pendingNotices;
      // Before the first result there is nothing to change: it will say so itself.
      if (reason && isPublished(this.context.incident)) await this.publish(reason);
      this.context.apply({ kind: 'notice-handled' });
    }
  }

  /** Nothing is being written, and every sink has taken or finally refused what was queued. */
  isIdle(): boolean {
    return this.underway === 0 && this.context.incident.pendingNotices.length === 0;
  }

  async settled(): Promise<void> {
    await condition(() => this.isIdle());
  }

  private async write(reason: RevisionReason): Promise<void> {
    const { context } = this;
    context.apply({ kind: 'revision-started', reason });
    const { revision } = context.incident.head;
    const digest = digestOf(context.incident);
    try {
      const saved = await saveRecord.executeWithOptions(
        {
          summary: `Write revision ${revision} of the report: ${REASON_WORDS[reason]}`,
          ...(isFinished(context.incident) ? FINAL_SAVE : SAVE),
        },
        [{ record: withinBudget(recordOf(context.incident)) }],
      );
      const links = [{ title: 'Report', url: saved.reportPath }];
      if (saved.reportUrl !== null) links.push({ title: 'Report page', url: saved.reportUrl });
      context.apply({ kind: 'revision-saved', revision, digest, links });
      // Whoever has an earlier revision still before it gets this one as well.
      for (const sink of new Set([...saved.sinks, ...this.queues.keys()])) this.queue(sink, saved.uri);
    } catch (error) {
      const what = `Revision ${revision} could not be saved: ${failureReason(error)}`;
      context.apply({ kind: 'noted', what, by: 'faultline', at: now() });
    }
  }

  private queue(sink: string, recordUri: string): void {
    this.underway += 1;
    const before = this.queues.get(sink) ?? Promise.resolve();
    this.queues.set(
      sink,
      before.then(() => this.send(sink, recordUri)),
    );
  }

  private async send(sink: string, recordUri: string): Promise<void> {
    try {
      const summary = `Post the summary to ${sink}`;
      const publication = await CancellationScope.nonCancellable(() =>
        publish.executeWithOptions({ summary }, [{ sink, recordUri }]),
      );
      this.context.apply({ kind: 'published', publication });
    } catch (error) {
      const what = `Summary not delivered to ${sink}: ${failureReason(error)}`;
      this.context.apply({ kind: 'noted', what, by: 'faultline', at: now() });
    }
    this.underway -= 1;
  }
}

const REASON_WORDS: Record<RevisionReason, string> = {
  'first-result': 'first result',
  update: 'something changed',
  reminder: 'reminder',
  escalation: 'escalation',
  acknowledged: 'acknowledged',
  feedback: 'a person gave feedback',
  final: 'the incident is over',
};
