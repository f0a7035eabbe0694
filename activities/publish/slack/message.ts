import type { ActionsBlock, Button, KnownBlock, MrkdwnElement } from '@slack/types';
import type { IncidentRecord } from '../../../model/incident.js';
import type { SlackAction } from '../../../model/slack-actions.js';
import { briefOf, type Brief } from '../../../report/brief.js';
import { oneLine } from '../../../report/escape.js';
import { duration } from '../../../report/format.js';
import { slackEntities } from '../../../report/slack-entities.js';
import { summaryMetadata } from './message-key.js';
import { code, escapeMrkdwn, fitted, link } from './mrkdwn.js';
import type { Message } from './web-api.js';

/*
 * The room of each part, in characters as they are sent. Slack takes 3,000 in a section, 2,000 in a field, 150 in a
 * header and 50 blocks; messages above some 13,000 in all were refused, so all parts together stay below 10,000.
 */
const ROOM = {
  title: 150,
  text: 700,
  cause: 900,
  fields: 10,
  field: 200,
  reasons: 4,
  reason: 330,
  line: 350,
  actions: 3,
  action: 280,
  command: 300,
  links: 5,
  link: 300,
  status: 200,
  origin: 200,
} as const;

export interface MessageOptions {
  /** Name of the sink that posts it. */
  sink: string;
  /** Whether somebody hears its buttons. */
  hasButtons: boolean;
}

/** The message of an incident: what is broken, the probable cause and how sure, why, what to do. */
export function summaryMessage(record: IncidentRecord, { sink, hasButtons }: MessageOptions): Message {
  const brief = briefOf(record);
  const blocks: (KnownBlock | null)[] = [
    {
      type: 'header',
      text: { type: 'plain_text', text: fitted(brief.title, ROOM.title, slackEntities), emoji: false },
    },
    section(fitted(brief.cause, ROOM.cause)),
    fieldsBlock(brief),
    section(reasons(brief)),
    section(doubts(brief)),
    section(actions(brief)),
    section(links(brief)),
    hasButtons ? buttons(record) : null,
    {
      type: 'context',
      elements: [mrkdwn(fitted(brief.status, ROOM.status)), mrkdwn(fitted(origin(record), ROOM.origin))],
    },
  ];
  return {
    text: fitted(`${brief.title}. ${brief.cause}`, ROOM.text),
    blocks: blocks.filter((block) => block !== null),
    metadata: summaryMetadata(record, sink),
  };
}

/** Read as it stands: Slack makes no links and mentions of words. */
function mrkdwn(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** Null where there is nothing to say: Slack refuses an empty text. */
function section(text: string): KnownBlock | null {
  return text === '' ? null : { type: 'section', text: mrkdwn(text) };
}

function fieldsBlock({ fields }: Brief): KnownBlock | null {
  const shown = fields.slice(0, ROOM.fields).map(({ name, value }) => {
    const title = `*${escapeMrkdwn(name)}*\n`;
    return mrkdwn(title + fitted(value, ROOM.field - title.length));
  });
  return shown.length === 0 ? null : { type: 'section', fields: shown };
}

function reasons({ why }: Brief): string {
  const lines = why.slice(0, ROOM.reasons).map(({ stance, statement }) => {
    const mark = stance === 'for' ? ':heavy_check_mark:' : ':x:';
    return `${mark} ${fitted(statement, ROOM.reason)}`;
  });
  return titled('Why', lines);
}

function doubts({ ruledOut, notChecked }: Brief): string {
  const lines = [
    ...(ruledOut === null ? [] : [`*Ruled out:* ${fitted(ruledOut, ROOM.line)}`]),
    ...(notChecked === null ? [] : [`*Not checked:* ${fitted(notChecked, ROOM.line)}`]),
  ];
  return lines.join('\n');
}

function actions(brief: Brief): string {
  const lines = brief.actions.slice(0, ROOM.actions).flatMap(({ title, command, risk, expect }, index) => {
    const words = `${title.replace(/\.$/, '')} (${risk}). Expect: ${expect}`;
    const line = `${index + 1}. ${fitted(words, ROOM.action)}`;
    if (command === null) return [line];
    return [
      line,
      link('Open', command, ROOM.link) ?? code(command, ROOM.command) ?? 'The command is in the report.',
    ];
  });
  return titled('Next', lines);
}

function links(brief: Brief): string {
  return brief.links
    .flatMap(({ title, url }) => link(title, url, ROOM.link) ?? [])
    .slice(0, ROOM.links)
    .join(' \u00b7 ');
}

function titled(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`*${title}*`, ...lines].join('\n');
}

/** The actions that are possible in the state of the incident. */
function buttons({ id, acknowledged, diagnosis, feedback, timings }: IncidentRecord): ActionsBlock | null {
  const isOpen = timings.closedAt === null;
  const isJudged = diagnosis === null || feedback !== null;
  const elements = [
    ...(isOpen && !acknowledged ? [button('faultline-acknowledge', 'Acknowledge', id, 'primary')] : []),
    ...(isJudged
      ? []
      : [button('faultline-right', 'Correct', id), button('faultline-wrong', 'Wrong cause', id)]),
    ...(isOpen ? [button('faultline-rerun', 'Re-run', id)] : []),
  ];
  return elements.length === 0 ? null : { type: 'actions', elements };
}

function button(action: SlackAction, text: string, incident: string, style?: 'primary'): Button {
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text, emoji: false },
    value: incident,
    ...(style && { style }),
  };
}

/** Which incident it is about, how long the diagnosis took, and by which rules. */
function origin({ id, revision, timings, diagnosis, product }: IncidentRecord): string {
  const { openedAt, firstResultAt } = timings;
  const parts = [
    oneLine(id, 120),
    ...(firstResultAt === null ? [] : [`diagnosed in ${duration(firstResultAt - openedAt)}`]),
    ...(diagnosis ? [`rules ${oneLine(diagnosis.rulesVersion, 20)}`] : []),
    `Faultline ${oneLine(product.version, 20)}`,
    `revision ${revision}`,
  ];
  return parts.join(' \u00b7 ');
}
