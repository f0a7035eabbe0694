import type { Anomaly } from '../model/anomaly.js';
import type { IncidentRecord } from '../model/incident.js';
import { guardLineStart, oneLine, shortName } from './escape.js';
import { missingOf } from './missing.js';
import { actionsOf, factsOf, STATE_WORDS, strongestReasons, type Facts } from './facts.js';
import { count, listOf } from '../model/wording.js';
import { clock, moment } from './format.js';
import { situationOf, titleOf } from './headline.js';
import { inlineMarkdown, titleMarkdown } from './inline.js';
import { alertCountWords, REVISION_REASON_WORDS } from './status.js';
import type { Text } from './document.js';

/*
 * What the Temporal UI shows of a run. Workflow code imports this file: neither it nor what it imports may need
 * zod, Node or a library.
 */

/** Temporal refuses summaries above 400 bytes, counted after their encoding. */
const LONGEST_SUMMARY_BYTES = 200;
const MOST_GAPS = 3;
const MOST_ALERTS = 10;

/**
 * The incident as a few lines of Markdown: cause, confidence, next action and status. Written anew with every change
 * of the record.
 */
export function currentDetails(record: IncidentRecord): string {
  const facts = factsOf(record);
  return [
    `**${titleMarkdown(titleOf(record))}**`,
    // What to do next comes below, with what to paste and what to expect.
    ...situationOf(facts).map(paragraph),
    list([...reasons(facts), ...nextAction(facts), ...withoutData(facts)]),
    paragraph(statusLine(facts)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The summary of an activity: one harmless line of at most 200 bytes. */
export function shortSummary(text: string): string {
  return shortened(oneLine(text, LONGEST_SUMMARY_BYTES), LONGEST_SUMMARY_BYTES);
}

/** One line for the list of runs: the title of the summary. */
export function headlineOf(record: IncidentRecord): string {
  return titleOf(record);
}

function reasons(facts: Facts): Text[] {
  return strongestReasons(facts).map(({ stance, statement }) => [
    { strong: stance === 'for' ? 'For:' : 'Against:' },
    ` ${oneLine(statement, 300)}`,
  ]);
}

function nextAction(facts: Facts): Text[] {
  const [action] = actionsOf(facts);
  if (!action) return [];
  const words = `${oneLine(action.title, 200).replace(/\.$/, '')} (${action.risk}); expect: ${oneLine(action.expect, 200)}`;
  const command: Text = action.command === null ? [] : [' ', { code: oneLine(action.command, 300) }];
  return [[{ strong: 'Next:' }, ` ${words}`, ...command]];
}

function withoutData({ record }: Facts): Text[] {
  const missing = missingOf(record);
  const shown = missing.slice(0, MOST_GAPS).map(({ what, source, reason }): Text => {
    return [
      { strong: 'No data:' },
      ` ${what} (${source === null ? '' : `${source}: `}${oneLine(reason, 200)})`,
    ];
  });
  const more = missing.length - shown.length;
  return more > 0
    ? [...shown, [`${count(more, 'more entry', 'more entries')} without data, in the report`]]
    : shown;
}

/** State, alerts, acknowledgement and which update this is. */
function statusLine({ record }: Facts): Text {
  const { acknowledged, escalatedAt, feedback, revision, revisionReason } = record;
  const parts = [
    `State: ${STATE_WORDS[record.state]}`,
    `severity ${record.severity}`,
    alertCountWords(record),
    ...(escalatedAt === null ? [] : [`escalated at ${clock(escalatedAt)} UTC`]),
    ...(acknowledged ? [`acknowledged by ${oneLine(acknowledged.by, 80)}`] : []),
    ...(feedback?.grade === 'right' ? [`diagnosis confirmed by ${oneLine(feedback.by, 80)}`] : []),
    ...(revision > 0 ? [`update ${revision} (${REVISION_REASON_WORDS[revisionReason]})`] : []),
  ];
  const report = record.links.find(({ title }) => title === 'Report');
  const where: Text = report ? ['; full report ', { code: oneLine(report.url, 300) }] : [];
  return [parts.join('; '), ...where];
}

/** One line for the list of runs: which service, what, how bad. At most 200 bytes. */
export function staticSummary(anomalies: Anomaly[]): string {
  const first = anomalies[0];
  if (!first) return 'No alert';
  const more = anomalies.length > 1 ? ` (and ${count(anomalies.length - 1, 'more alert')})` : '';
  const symptom = first.symptom === 'other' ? '' : ` ${first.symptom}`;
  const begin = `${shortName(first.service, 40)}${symptom}: `;
  return shortened(begin + oneLine(first.title, 120), LONGEST_SUMMARY_BYTES - more.length) + more;
}

/** The alerts that opened the incident, as Markdown. */
export function staticDetails(anomalies: Anomaly[]): string {
  const first = anomalies[0];
  if (!first) return 'No alert opened this incident.';
  const services = [...new Set(anomalies.map(({ service }) => shortName(service, 60)))];
  const opening: Text = [
    `Opened by ${count(anomalies.length, 'alert')} about `,
    { strong: listOf(services, 5) },
    ` in ${oneLine(first.environment, 80)}.`,
  ];
  const more = anomalies.length - MOST_ALERTS;
  const items = anomalies.slice(0, MOST_ALERTS).map(alertItem);
  return `${paragraph(opening)}\n\n${list(more > 0 ? [...items, [count(more, 'more alert')]] : items)}`;
}

function alertItem({ title, service, severity, startedAt, endedAt, source }: Anomaly): Text {
  const until = endedAt === null ? '' : `, resolved ${clock(endedAt)}`;
  return [
    { strong: oneLine(title, 200) },
    ` of ${shortName(service, 60)}: ${severity}, from ${moment(startedAt)}${until}, source ${oneLine(source, 40)}`,
  ];
}

function paragraph(words: Text): string {
  return guardLineStart(inlineMarkdown(words));
}

function list(items: readonly Text[]): string {
  return items.map((item) => `- ${guardLineStart(inlineMarkdown(item))}`).join('\n');
}

/** Cut to so many bytes of UTF-8, between characters. */
function shortened(text: string, bytes: number): string {
  const characters = Array.from(text);
  const sizes = characters.map((character) => bytesOf(character.codePointAt(0) ?? 0));
  if (sizes.reduce((sum, size) => sum + size, 0) <= bytes) return text;
  // The mark that something was left out takes three bytes.
  let room = bytes - 3;
  const fits = sizes.findIndex((size) => (room -= size) < 0);
  return `${characters.slice(0, fits).join('').trimEnd()}…`;
}

function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
