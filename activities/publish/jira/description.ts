import { createHash } from 'node:crypto';
import type { IncidentRecord } from '../../../model/incident.js';
import { buildDocument } from '../../../report/build.js';
import type {
  Block,
  Column,
  FlowStep,
  NumberedQuery,
  Section,
  Span,
  Text,
} from '../../../report/document.js';
import { oneLine } from '../../../report/escape.js';
import { revisionKey } from '../revision-key.js';
import { escapeWiki, guardWikiStart, verbatim, wikiLink } from './markup.js';

/** Jira refuses texts above 32,767 characters. */
const LONGEST_TEXT = 32_000;
const MOST_NEWS = 8;
/** How the diagnosis was made is in the report. */
const LEFT_OUT = ['Checks run', 'How this was decided'];

/** The summary as the description of an issue, in wiki markup. What people write belongs into comments. */
export function descriptionOf(record: IncidentRecord): string {
  const { sections } = buildDocument(record);
  const printed = sections
    .filter(({ title, forPeople }) => !forPeople && !LEFT_OUT.includes(title))
    .map(sectionWiki);
  const origin = `_Written by Faultline about ${escapeWiki(oneLine(record.id, 200))}, and rewritten with every update: comment instead of editing._`;
  let room = LONGEST_TEXT - origin.length;
  const fits = printed.filter((section) => (room -= section.length + 2) >= 0);
  const cut = fits.length < printed.length ? ['_Cut to the limit of Jira; the report has the rest._'] : [];
  return [...fits, ...cut, origin].join('\n\n');
}

/** What changed, as a comment that ends with the mark of its revision. */
export function commentOf(record: IncidentRecord, news: readonly string[]): string {
  const items = news.slice(0, MOST_NEWS).map((sentence) => `* ${escapeWiki(oneLine(sentence, 400))}`);
  return `${items.join('\n')}\n\nFaultline, update ${record.revision} (${commentMark(record)})`;
}

/** By which the comment of a revision is known: letters and digits only, which Jira gives back as they were. */
export function commentMark(record: IncidentRecord): string {
  return digestOf(revisionKey(record));
}

/** The label by which the issue of an incident is known. */
export function incidentLabel(incident: string): string {
  return `faultline-${digestOf(incident)}`;
}

function digestOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

function sectionWiki({ title, blocks }: Section): string {
  return [`h2. ${escapeWiki(title)}`, ...blocks.map(blockWiki)].join('\n\n');
}

function blockWiki(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return guardWikiStart(inline(block.text));
    case 'heading':
      return `h3. ${inline(block.text)}`;
    case 'facts':
      return block.rows.map(([name, value]) => `||${escapeWiki(name)}|${cell(value)}|`).join('\n');
    case 'list':
      return block.items.map((item) => `${block.ordered ? '#' : '*'} ${inline(item)}`).join('\n');
    case 'steps':
      return block.steps.map(({ words, command }, index) => step(words, command, index + 1)).join('\n');
    case 'table':
      return table(block.columns, block.rows);
    case 'flow':
      return block.steps.map(hop).join('\n');
    case 'queries':
      return block.queries.map(query).join('\n\n');
  }
}

/** Numbered by hand: a block between them would begin the list anew. */
function step(words: Text, command: string | null, number: number): string {
  const line = `${number}. ${inline(words)}`;
  return command === null ? line : `${line}\n${verbatim(command)}`;
}

function table(columns: readonly Column[], rows: readonly (readonly Text[])[]): string {
  const head = `||${columns.map(({ title }) => escapeWiki(title) || ' ').join('||')}||`;
  return [head, ...rows.map((row) => `|${row.map(cell).join('|')}|`)].join('\n');
}

/** An empty cell needs a space: two bars begin a heading. */
function cell(words: Text): string {
  return inline(words) || ' ';
}

function hop({ from, to, label }: FlowStep): string {
  return `* ${escapeWiki(from)} \u2192 ${escapeWiki(to)}: ${escapeWiki(label)}`;
}

function query({ ref, about, query: text }: NumberedQuery): string {
  return `*${ref}* ${inline(about)}\n${verbatim(text)}`;
}

function inline(words: Text): string {
  return words.map(span).join('');
}

function span(part: Span): string {
  if (typeof part === 'string') return escapeWiki(part);
  if ('strong' in part) return part.strong === '' ? '' : `*${escapeWiki(part.strong)}*`;
  if ('code' in part) return `{{${escapeWiki(part.code)}}}`;
  return 'ref' in part ? escapeWiki(`[${part.ref}]`) : wikiLink(part.link, part.url);
}
