import type { EmailSinkConfig } from '../../../config/sinks/email.js';
import type { Delivery, Sink } from '../sink.js';
import { isWorthTelling } from '../worth-telling.js';
import { mailOf } from './mail.js';
import { sendMail } from './smtp.js';

/**
 * Sends a mail when there is something to tell (docs/sinks/email.md). A mail that was sent stays as it is, and nobody
 * can ask whether it arrived: where a reply was lost it is sent again under the same `Message-ID`, by which servers and
 * readers know a repeat.
 */
export class EmailSink implements Sink {
  readonly name: string;

  constructor(private readonly config: EmailSinkConfig) {
    this.name = config.name;
  }

  /** Answers the `Message-ID` of the last mail of this incident. */
  async post(delivery: Delivery): Promise<string | null> {
    const { record, before, signal } = delivery;
    if (!isWorthTelling(delivery) && record.revisionReason !== 'escalation') return before?.reference ?? null;
    const mail = mailOf(delivery, this.config);
    await sendMail(this.config, mail, signal);
    return mail.messageId;
  }
}
