import type { SlackSinkConfig } from '../../../config/sinks/slack.js';
import type { IncidentRecord } from '../../../model/incident.js';
import type { Delivery, Sink } from '../sink.js';
import { isNewsOf, isSummaryOf } from './message-key.js';
import { summaryMessage } from './message.js';
import { newsMessage } from './news.js';
import { SlackWebApi, type Place } from './web-api.js';

/** How far Slack's clock may be from that of whoever opened the incident. */
const CLOCK_SLACK_SECONDS = 300;

/**
 * One message for each incident in a channel of Slack (docs/sinks/slack.md), changed in place as the incident goes
 * on, with a reply in its thread when there is news.
 *
 * Slack knows no repeats: a message posted twice is there twice. So each carries which incident, run and revision it
 * tells as metadata, and before anything is posted that may be there already, Slack is asked.
 */
export class SlackSink implements Sink {
  readonly name: string;
  private readonly slack: SlackWebApi;
  private readonly hasButtons: boolean;

  constructor(config: SlackSinkConfig) {
    this.name = config.name;
    this.slack = new SlackWebApi(config);
    this.hasButtons = config.signingSecrets !== undefined;
  }

  /** Answers `<channel>/<time>` of the message. */
  async post(delivery: Delivery): Promise<string> {
    const place = await this.tell(delivery);
    await this.tellNews(delivery, place);
    return `${place.channel}/${place.ts}`;
  }

  /** Changes the incident's message, or posts it where there is none. */
  private async tell({ record, before, attempt, signal }: Delivery): Promise<Place> {
    const message = summaryMessage(record, { sink: this.name, hasButtons: this.hasButtons });
    const known = placeOf(before?.reference ?? null);
    if (known && (await this.slack.update(known, message, signal))) return known;

    // What we know of it may be less than what Slack took: a reply may have been lost, now or at an earlier revision.
    const mayBeThere = attempt > 1 || record.revision > 1;
    const found = mayBeThere ? await this.find(record, signal) : null;
    if (found && (await this.slack.update(found, message, signal))) return found;
    return this.slack.post(message, signal);
  }

  private async find(record: IncidentRecord, signal: AbortSignal): Promise<Place | null> {
    const oldest = record.timings.openedAt - CLOCK_SLACK_SECONDS;
    return this.slack.findInChannel(oldest, isSummaryOf(record, this.name), signal);
  }

  private async tellNews({ record, before, attempt, signal }: Delivery, place: Place): Promise<void> {
    // The message itself has just told it all.
    if (!before) return;
    const news = newsMessage(record, before.record, this.name);
    if (!news) return;
    const isThere = attempt > 1 && (await this.slack.isInThread(place, isNewsOf(record, this.name), signal));
    if (!isThere) await this.slack.reply(place, news.message, news.toAll, signal);
  }
}

function placeOf(reference: string | null): Place | null {
  const [, channel, ts] = /^([A-Z0-9]+)\/(\d+\.\d+)$/.exec(reference ?? '') ?? [];
  return channel !== undefined && ts !== undefined ? { channel, ts } : null;
}
