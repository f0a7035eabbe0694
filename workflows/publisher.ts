import { CancellationScope } from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';
import type { IncidentRecord } from '../model/incident.js';
import { publish, saveRecord } from './activity-policies.js';
import { now, type Incident } from './incident.js';
import { reasonOf } from './reasons.js';

/**
 * Saves the record and hands it to the sinks. Each sink has its own queue, so that one that is down neither holds up
 * the others nor the incident, and its summaries arrive in order.
 */
export class Publisher {
  private readonly queues = new Map<string, Promise<void>>();
  private lastTold: string | null = null;

  constructor(
    private readonly incident: Incident,
    private readonly policy: Policy,
  ) {
    if (incident.record.revision > 0) this.lastTold = gist(incident.record);
  }

  /** Whether verdict, scope or severity differ from what was told last. */
  hasNewsToTell(): boolean {
    return gist(this.incident.record) !== this.lastTold;
  }

  /** Saves a new revision and queues it for every sink; does not wait for the sinks. */
  async publish(): Promise<void> {
    const { incident } = this;
    incident.record.revision += 1;
    this.lastTold = gist(incident.record);
    const { uri, reportPath } = await saveRecord.executeWithOptions(
      { summary: `Write revision ${incident.record.revision} of the report` },
      [{ record: incident.record }],
    );
    incident.link('Report', reportPath);
    for (const sink of this.policy.sinks) {
      const before = this.queues.get(sink) ?? Promise.resolve();
      this.queues.set(
        sink,
        before.then(() => this.send(sink, uri)),
      );
    }
  }

  /** Waits until every sink has taken or finally refused what was queued. */
  async settled(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  private async send(sink: string, recordUri: string): Promise<void> {
    try {
      const summary = `Post the summary to ${sink}`;
      // What was concluded is told, also when somebody cancels the incident meanwhile.
      const publication = await CancellationScope.nonCancellable(() =>
        publish.executeWithOptions({ summary }, [{ sink, recordUri }]),
      );
      this.incident.published(publication);
    } catch (error) {
      this.incident.note(now(), `Summary not delivered to ${sink}: ${reasonOf(error)}`, 'faultline');
    }
  }
}

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
