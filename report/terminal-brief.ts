import pc from 'picocolors';
import stringWidth from 'string-width';
import type { IncidentRecord } from '../model/incident.js';
import { briefOf } from './brief.js';
import { oneLine } from './escape.js';
import { wrapText } from './terminal-wrap.js';

export interface TerminalBriefOptions {
  /** Columns of the terminal. Narrower than 40 is printed as 40. */
  width: number;
  color: boolean;
}

const NARROWEST = 40;
const WIDEST = 100;
/** A first screen has room for so many; the whole summary has all. */
const MOST_REASONS = 2;
const MOST_ACTIONS = 2;
/** Of one thing: whatever labels hold, the screen has an end. */
const MOST_LINES = 3;
/** What the first screen leaves to the whole summary. */
const LEFT_OUT = new Set(['Started', 'Severity', 'Fault type']);

/** The first screen of a summary for a terminal, ending with a line break: what, why, how sure, what to do, where to read on. */
export function renderTerminalBrief(record: IncidentRecord, options: TerminalBriefOptions): string {
  const brief = briefOf(record);
  const colors = pc.createColors(options.color);
  const width = Math.min(WIDEST, Math.max(NARROWEST, options.width));
  const rows = brief.fields.flatMap(({ name, value }): Row[] => (LEFT_OUT.has(name) ? [] : [[name, value]]));
  const reasons = brief.why
    .slice(0, MOST_REASONS)
    .map(({ stance, statement }): Row => [stance === 'for' ? 'Evidence' : 'Against', statement]);
  const actions = brief.actions
    .slice(0, MOST_ACTIONS)
    .flatMap(({ title, risk, command }, index): Row[] => [
      [index === 0 ? 'Next' : '', `${title} (${risk})`],
      ...(command === null ? [] : [['', colors.yellow(command), COPIED] satisfies Row]),
    ]);
  const notChecked: Row[] = brief.notChecked === null ? [] : [['Not checked', brief.notChecked]];
  const links = brief.links.map(({ title, url }): Row => [title, colors.cyan(url), COPIED]);
  const more: Row[] = [['More', `faultline show ${oneLine(record.id, 200)} --full`, COPIED]];
  const blocks = [rows, [...reasons, ...notChecked], actions, [...links, ...more]];
  const label = Math.max(...blocks.flat().map(([name]) => stringWidth(name)));
  return `${[
    wrapText(colors.bold(brief.title), width).join('\n'),
    shortened(wrapText(brief.cause, width)).join('\n'),
    ...blocks
      .filter((block) => block.length > 0)
      .map((block) => block.map((row) => printed(row, label, width, colors.dim)).join('\n')),
  ].join('\n\n')}\n`;
}

/** Marks what is there to be copied, which keeps its line. */
const COPIED = 'copied';

type Row = [name: string, value: string, copied?: typeof COPIED];

/** A row with its value wrapped beside its name. */
function printed(
  [name, value, copied]: Row,
  label: number,
  width: number,
  dim: (text: string) => string,
): string {
  const indent = ' '.repeat(label + 2);
  const room = Math.max(20, width - indent.length);
  const lines = copied ? [value] : shortened(wrapText(value, room));
  return lines
    .map((line, index) => (index === 0 ? `${dim(name.padEnd(label))}  ${line}` : indent + line))
    .join('\n');
}

function shortened(lines: string[]): string[] {
  return lines.length <= MOST_LINES
    ? lines
    : [...lines.slice(0, MOST_LINES - 1), `${lines[MOST_LINES - 1]} …`];
}
