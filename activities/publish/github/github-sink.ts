import type { GithubSinkConfig } from '../../../config/sinks/github.js';
import { titleOf } from '../../../report/headline.js';
import type { Delivery, Sink } from '../sink.js';
import { isOver, mayBeThere, newsOf } from '../worth-telling.js';
import { beginMark, commentMark, commentOf, newBody, updatedBody } from './body.js';
import { IssuesApi, type Issue } from './issues-api.js';

/** How far GitHub's clock may be from that of whoever opened the incident. */
const CLOCK_SECONDS = 300;

/**
 * One issue for each incident (docs/sinks/github.md), changed in place as the incident goes on, with a comment when a
 * reader must know what changed.
 *
 * GitHub knows no repeats, so the issue and each comment carry a mark that nobody sees, and before anything is created
 * that may be there already, GitHub is asked.
 */
export class GithubSink implements Sink {
  readonly name: string;
  private readonly github: IssuesApi;

  constructor(private readonly config: GithubSinkConfig) {
    this.name = config.name;
    this.github = new IssuesApi(config);
  }

  /** Answers the address of the issue. */
  async post(delivery: Delivery): Promise<string> {
    const { record, signal } = delivery;
    const known = await this.existing(delivery);
    if (!known) {
      const text = { title: titleOf(record), body: newBody(record) };
      const created = await this.github.create(text, this.config.labels, signal);
      if (this.closes(delivery)) await this.update(created, delivery);
      return created.html_url;
    }
    await this.update(known, delivery);
    await this.tellNews(known, delivery);
    return known.html_url;
  }

  private async existing(delivery: Delivery): Promise<Issue | null> {
    const { record, before, signal } = delivery;
    const number = numberOf(before?.reference ?? null);
    const known = number === null ? null : await this.github.get(number, signal);
    if (known || !(mayBeThere(delivery) || before)) return known;
    return this.github.findIssue(beginMark(record.id), sinceOf(delivery), signal);
  }

  private async update({ number, body }: Issue, delivery: Delivery): Promise<void> {
    const { record, before, signal } = delivery;
    // A person who closes or opens the issue has the say until the incident itself ends, or begins again.
    const reopens = before?.record && isOver(before.record) && !isOver(record);
    const state = this.closes(delivery) ? 'closed' : reopens ? 'open' : null;
    const text = { title: titleOf(record), body: updatedBody(body ?? '', record) };
    await this.github.update(number, { ...text, ...(state && { state }) }, signal);
  }

  private closes({ record }: Delivery): boolean {
    return this.config.closeOnFinal && record.revisionReason === 'final' && isOver(record);
  }

  private async tellNews({ number }: Issue, delivery: Delivery): Promise<void> {
    const { record, attempt, signal } = delivery;
    const news = newsOf(delivery);
    if (news.length === 0) return;
    const mark = commentMark(record);
    if (attempt > 1 && (await this.github.hasComment(number, mark, sinceOf(delivery), signal))) return;
    await this.github.comment(number, commentOf(record, news), signal);
  }
}

function sinceOf({ record }: Delivery): string {
  return new Date((record.timings.openedAt - CLOCK_SECONDS) * 1000).toISOString();
}

function numberOf(reference: string | null): number | null {
  const [, digits] = /\/issues\/(\d+)$/.exec(reference ?? '') ?? [];
  return digits === undefined ? null : Number(digits);
}
