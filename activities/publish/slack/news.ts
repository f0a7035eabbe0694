import type { IncidentRecord, RevisionReason } from '../../../model/incident.js';
import { whatChanged } from '../../../report/brief.js';
import { STATE_WORDS } from '../../../report/facts.js';
import { clockMinute, duration } from '../../../report/format.js';
import { newsMetadata } from './message-key.js';
import { fitted } from './mrkdwn.js';
import type { Message } from './web-api.js';

/** What is told in the thread of a message that has just been changed. */
export interface News {
  message: Message;
  /** Shown in the channel too: replies in a thread that nobody follows ring nobody. */
  toAll: boolean;
}

const MOST_SENTENCES = 8;
const SENTENCE_LENGTH = 350;
const TEXT_LENGTH = 1_000;

/**
 * What a reader of the message as it was `before` must be told; null when its change in place says enough: when
 * neither verdict, scope nor severity changed, and nothing is asked of anybody.
 */
export function newsMessage(
  record: IncidentRecord,
  before: IncidentRecord | null,
  sink: string,
): News | null {
  const sentences = [...callFor(record), ...changes(record, before)].slice(0, MOST_SENTENCES);
  if (sentences.length === 0) return null;
  const lines = sentences.map((sentence) => `\u2022 ${fitted(sentence, SENTENCE_LENGTH)}`);
  return {
    toAll: CALLS.includes(record.revisionReason),
    message: {
      text: fitted(sentences.join(' '), TEXT_LENGTH),
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: lines.join('\n'), verbatim: true } }],
      metadata: newsMetadata(record, sink),
    },
  };
}

/** Occasions that call for somebody. */
const CALLS: readonly RevisionReason[] = ['reminder', 'escalation'];

function callFor({ revisionReason, timings, escalatedAt }: IncidentRecord): string[] {
  if (revisionReason === 'reminder') {
    return [`Nobody has acknowledged this incident, open since ${clockMinute(timings.openedAt)} UTC.`];
  }
  if (revisionReason !== 'escalation') return [];
  const waited = escalatedAt === null ? '' : ` within ${duration(escalatedAt - timings.openedAt)}`;
  return [`Escalated: nobody acknowledged this incident${waited}.`];
}

function changes(record: IncidentRecord, before: IncidentRecord | null): string[] {
  // Who took it on stands in the message, and rings nobody.
  if (record.revisionReason === 'acknowledged') return [];
  const changed = before ? whatChanged(before, record) : [];
  if (changed.length > 0 || record.revisionReason !== 'final') return changed;
  return [`The incident is over: ${STATE_WORDS[record.state]}.`];
}
