import { createHash } from 'node:crypto';
import type { SendMailOptions } from 'nodemailer';
import type { EmailSinkConfig } from '../../../config/sinks/email.js';
import { briefOf } from '../../../report/brief.js';
import { oneLine } from '../../../report/escape.js';
import { plainLines } from '../plain-brief.js';
import { markOf, revisionKey } from '../revision-key.js';
import type { Delivery } from '../sink.js';
import { newsOf } from '../worth-telling.js';
import { htmlOf } from './html.js';

const MOST = { actions: 3, links: 5 } as const;

/**
 * A revision as a mail. Its `Message-ID` is the same whenever it is sent, by which a repeat is known; all mails of an
 * incident refer to one id, so that readers show them as one conversation.
 */
export function mailOf(
  { record, before }: Delivery,
  { from, to }: EmailSinkConfig,
): SendMailOptions & Record<'subject' | 'messageId' | 'text' | 'html', string> {
  const news = newsOf({ record, before });
  const domain = domainOf(from);
  const thread = idOf(record.id, domain);
  const previous = before?.reference ?? null;
  return {
    from,
    to,
    subject: briefOf(record).title,
    messageId: idOf(revisionKey(record), domain),
    inReplyTo: previous ?? thread,
    references: [...new Set([thread, ...(previous === null ? [] : [previous])])],
    ...(record.severity === 'critical' && record.timings.closedAt === null && { priority: 'high' as const }),
    headers: {
      // Nobody's absence note answers it (RFC 3834).
      'Auto-Submitted': 'auto-generated',
      'X-Faultline-Incident': markOf(oneLine(record.id, 300)),
      'X-Faultline-Revision': String(record.revision),
    },
    text: `${plainLines(record, news, MOST).join('\n')}\n\n-- \nFaultline, revision ${record.revision} of ${oneLine(record.id, 200)}\n`,
    html: htmlOf(record, news),
  };
}

function idOf(name: string, domain: string): string {
  return `<faultline.${createHash('sha256').update(name).digest('hex').slice(0, 32)}@${domain}>`;
}

function domainOf(mailbox: string): string {
  return mailbox.slice(mailbox.lastIndexOf('@') + 1).replace(/>$/, '');
}
