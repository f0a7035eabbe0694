import type { IncidentRecord } from '../../../model/incident.js';
import { buildDocument } from '../../../report/build.js';
import { escapeMarkdown, oneLine } from '../../../report/escape.js';
import { sectionsMarkdown } from '../../../report/markdown.js';
import { markOf, revisionKey } from '../revision-key.js';

/** GitHub refuses an issue's body above 65,536 characters. What people add needs room too. */
const LONGEST_SUMMARY = 50_000;
const LONGEST_BODY = 65_536;
const MOST_NEWS = 8;

/** The body of a new issue: the summary, and room for what only people know. */
export function newBody(record: IncidentRecord): string {
  const { sections } = buildDocument(record);
  const forPeople = sections.filter((section) => section.forPeople);
  return [summaryPart(record), ...sectionsMarkdown(forPeople)].join('\n\n');
}

/** A body with the summary brought up to date. What people wrote above and below it stays. */
export function updatedBody(current: string, record: IncidentRecord): string {
  const [begin, end] = [current.indexOf(beginMark(record.id)), current.indexOf(END_MARK)];
  const summary = summaryPart(record);
  // GitHub's own editor ends lines as browsers do.
  if (begin < 0 || end < begin) return `${summary}\n\n${current}`.slice(0, LONGEST_BODY).trimEnd();
  return (current.slice(0, begin) + summary + current.slice(end + END_MARK.length)).slice(0, LONGEST_BODY);
}

/** What changed, as a comment that ends with the mark of its revision. */
export function commentOf(record: IncidentRecord, news: readonly string[]): string {
  const items = news.slice(0, MOST_NEWS).map((sentence) => `- ${escapeMarkdown(oneLine(sentence, 400))}`);
  return `${withoutReferences(items.join('\n'))}\n\n${commentMark(record)}`;
}

/** By which the issue of an incident is known. */
export function beginMark(incident: string): string {
  return `<!-- faultline: ${markOf(incident)} -->`;
}

const END_MARK = '<!-- faultline: end -->';

/** By which the comment of a revision is known. */
export function commentMark(record: IncidentRecord): string {
  return `<!-- faultline: ${markOf(revisionKey(record))} -->`;
}

function summaryPart(record: IncidentRecord): string {
  const { sections } = buildDocument(record);
  const printed = sectionsMarkdown(sections.filter((section) => !section.forPeople)).map(withoutReferences);
  return [beginMark(record.id), ...fitting(printed), END_MARK].join('\n\n');
}

/** As many whole sections as there is room for: those at the end say how it was found, and are in the report too. */
function fitting(sections: readonly string[]): string[] {
  let room = LONGEST_SUMMARY;
  const fits = sections.filter((section) => (room -= section.length + 2) >= 0);
  if (fits.length === sections.length) return fits;
  return [...fits, '_The issue has no room for the rest; the report has it._'];
}

/**
 * `#12` in a label would link the incident to that issue, which is then told so. Escapes and code are passed over:
 * what they hold is no reference already.
 */
const REFERENCE = /\\[\s\S]|(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)|#(?=\d)/g;
const WORD_JOINER = '\u2060';

function withoutReferences(markdown: string): string {
  return markdown.replace(REFERENCE, (match) => (match === '#' ? `#${WORD_JOINER}` : match));
}
