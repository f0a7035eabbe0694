import type { JiraSinkConfig } from '../../../config/sinks/jira.js';
import { titleOf } from '../../../report/headline.js';
import type { Delivery, Sink } from '../sink.js';
import { isOver, mayBeThere, newsOf } from '../worth-telling.js';
import { commentMark, commentOf, descriptionOf, incidentLabel } from './description.js';
import { JiraApi } from './jira-api.js';

/** Until then Jira's index knows an issue that was created. */
const INDEX_SECONDS = 20;

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
    const found = await this.jira.find(incidentLabel(record.id), signal);
    if (found !== null && (await this.jira.update(found, fields, signal))) return found;
    // The attempt before this one may have created it just now. Every other attempt only looks, so that the index has
    // its time between one that may have created an issue and the next that would.
    if (attempt % 2 === 0) {
      const outcome = { kind: 'later', afterSeconds: INDEX_SECONDS } as const;
      throw this.jira.client.failure(outcome, 'gets time to index an issue that it may have created');
    }
    return null;
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
    if (finalTransition === undefined || record.occasion !== 'final' || !isOver(record)) return;
    await this.jira.transition(key, finalTransition, signal);
  }
}

function keyOf(reference: string | null): string | null {
  return /\/browse\/([A-Z][A-Z0-9_]+-\d+)$/.exec(reference ?? '')?.[1] ?? null;
}
