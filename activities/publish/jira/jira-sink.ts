import { ApplicationFailure } from '@temporalio/common';
import type { JiraSinkConfig } from '../../../config/sinks/jira.js';
import { titleOf } from '../../../report/headline.js';
import type { Delivery, Sink } from '../sink.js';
import { isOver, mayBeThere, newsOf } from '../worth-telling.js';
import { commentMark, commentOf, descriptionOf, incidentLabel } from './description.js';
import { JiraApi } from './jira-api.js';

/** After these seconds Jira's index knows an issue that was created. */
const INDEX_TIME = { kind: 'later', afterSeconds: 20 } as const;

/**
 * One issue for each incident (docs/sinks/jira.md), whose description follows the incident, with a comment when a
 * reader must know what changed.
 *
 * Jira knows no repeats, so the issue has a label of its incident and each comment a mark, and before anything is
 * created that may be there already, Jira is asked.
 */
export class JiraSink implements Sink {
  readonly name: string;
  private readonly jira: JiraApi;

  constructor(private readonly config: JiraSinkConfig) {
    this.name = config.name;
    this.jira = new JiraApi(config);
  }

  /** Answers the address of the issue. */
  async post(delivery: Delivery): Promise<string> {
    const { record, signal } = delivery;
    const fields = { summary: titleOf(record), description: descriptionOf(record) };
    const known = keyOf(delivery.before?.reference ?? null);
    let key = known !== null && (await this.jira.update(known, fields, signal)) ? known : null;
    key ??= await this.updateFound(fields, delivery);
    if (key === null) {
      const labels = [...new Set([...this.config.labels, incidentLabel(record.id)])];
      key = await this.jira.create(fields, labels, signal);
    } else {
      await this.tellNews(key, delivery);
    }
    await this.finish(key, delivery);
    return `${this.config.url.replace(/\/+$/, '')}/browse/${key}`;
  }

  /** The issue that is there without our knowing its key; null when there is none. */
  private async updateFound(
    fields: { summary: string; description: string },
    delivery: Delivery,
  ): Promise<string | null> {
    const { record, before, attempt, signal } = delivery;
    if (!before && !mayBeThere(delivery)) return null;
    const found = await this.lookFor(incidentLabel(record.id), attempt, signal);
    return found !== null && (await this.jira.update(found, fields, signal)) ? found : null;
  }

  /**
   * The attempt before this one may have created the issue just now. So every other attempt only looks, and the next
   * one, which would create it, comes when the index has had its time, whatever came of the look.
   */
  private async lookFor(label: string, attempt: number, signal: AbortSignal): Promise<string | null> {
    const onlyLooks = attempt % 2 === 0;
    let found: string | null;
    try {
      found = await this.jira.find(label, signal);
    } catch (error) {
      if (!onlyLooks || !(error instanceof ApplicationFailure) || error.nonRetryable) throw error;
      throw this.jira.client.failure(INDEX_TIME, `could not be searched (${error.message})`);
    }
    if (found !== null || !onlyLooks) return found;
    throw this.jira.client.failure(INDEX_TIME, 'gets time to index an issue that it may have created');
  }

  private async tellNews(key: string, delivery: Delivery): Promise<void> {
    const { record, attempt, signal } = delivery;
    const news = newsOf(delivery);
    if (news.length === 0) return;
    if (attempt > 1 && (await this.jira.hasComment(key, commentMark(record), signal))) return;
    await this.jira.comment(key, commentOf(record, news), signal);
  }

  private async finish(key: string, { record, signal }: Delivery): Promise<void> {
    const { finalTransition } = this.config;
    if (finalTransition === undefined || record.revisionReason !== 'final' || !isOver(record)) return;
    await this.jira.transition(key, finalTransition, signal);
  }
}

function keyOf(reference: string | null): string | null {
  return /\/browse\/([A-Z][A-Z0-9_]+-\d+)$/.exec(reference ?? '')?.[1] ?? null;
}
