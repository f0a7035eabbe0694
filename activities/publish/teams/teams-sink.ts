import type { TeamsSinkConfig } from '../../../config/sinks/teams.js';
import { outcomeOf, type Outcome } from '../outcome.js';
import { headerOf, SinkClient, type SinkAnswer } from '../sink-client.js';
import type { Delivery, Sink } from '../sink.js';
import { newsOf } from '../worth-telling.js';
import { cardOf } from './card.js';

/**
 * Posts a card through a workflow of Microsoft Teams (docs/sinks/teams.md). What is posted there can neither be changed
 * nor found again, so there are few cards: the first summary, an escalation and the end. Where a reply was lost a card
 * may come twice; its last line names the revision.
 */
export class TeamsSink implements Sink {
  readonly name: string;
  private readonly client: SinkClient;

  constructor(private readonly config: TeamsSinkConfig) {
    this.name = config.name;
    this.client = new SinkClient({ ...config, secrets: secretsOf(config), decide: teamsOutcome });
  }

  /** Answers null: Teams gives a card no address. */
  async post(delivery: Delivery): Promise<null> {
    const { record, before, signal } = delivery;
    if (before !== null && record.revisionReason !== 'escalation' && record.revisionReason !== 'final')
      return null;
    const request = {
      method: 'POST',
      url: this.config.url,
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: JSON.stringify(cardOf(record, newsOf(delivery))),
    };
    await this.client.send(request, signal);
    return null;
  }
}

/** A page is that of a proxy: Teams answers with JSON, or with nothing. */
function teamsOutcome(answer: SinkAnswer, nowMs: number): Outcome {
  const outcome = outcomeOf(answer.status, headerOf(answer, 'retry-after'), nowMs);
  const isPage = headerOf(answer, 'content-type')?.startsWith('text/html') ?? false;
  return outcome.kind === 'accepted' && isPage ? { kind: 'later', afterSeconds: null } : outcome;
}

/** The address as a whole, and its parts that prove who posts. */
function secretsOf({ url }: TeamsSinkConfig): string[] {
  const { pathname, search, searchParams } = new URL(url);
  return [url, search, pathname, ...searchParams.values()].filter((part) => part.length > 7);
}
