import pc from 'picocolors';
import stringWidth from 'string-width';
import type { IncidentRecord } from '../model/incident.js';
import { buildDocument } from './build.js';
import type { Block, Section, Span, Text } from './document.js';
import { layOutTable } from './terminal-table.js';
import { wrapText } from './terminal-wrap.js';

export interface TerminalOptions {
  /** Columns of the terminal. Narrower than 40 is printed as 40. */
  width: number;
  /** Whether to colour; without, the output holds no escape sequence. */
  color: boolean;
}

/** How a terminal sets text: its colours, when there are any, and its width. */
export type Colors = ReturnType<typeof pc.createColors>;

const NARROWEST = 40;
/** Prose in longer lines is hard to read; tables may use the whole width. */
const WIDEST_PROSE = 100;

/**
 * The summary of an incident for a terminal, ending with a line break. No line is wider than `width` except what is
 * there to be copied: queries, commands and addresses.
 */
export function renderTerminal(record: IncidentRecord, { width, color }: TerminalOptions): string {
  const { title, sections } = buildDocument(record);
  const colors = pc.createColors(color);
  const print = new TerminalPrinter(Math.max(NARROWEST, width), colors);
  // A terminal is no place to fill in.
  const printed = sections.filter(({ forPeople }) => !forPeople).map((section) => print.section(section));
  return `${[print.title(title), ...printed].join('\n\n')}\n`;
}

class TerminalPrinter {
  private readonly prose: number;

  constructor(
    private readonly width: number,
    private readonly colors: Colors,
  ) {
    this.prose = Math.min(width, WIDEST_PROSE);
  }

  title(title: string): string {
    return this.wrapped([{ strong: title }], '', '');
  }

  /** The summary needs no heading: it stands right below the title. */
  section({ title, blocks }: Section): string {
    const body = blocks
      .map((block, index) => spaceBetween(blocks[index - 1], block) + this.block(block))
      .join('');
    return title === 'Summary' ? body : `${this.colors.cyan(title.toUpperCase())}\n${body}`;
  }

  private block(block: Block): string {
    switch (block.kind) {
      case 'paragraph':
        return this.wrapped(block.text, '', '');
      case 'heading':
        return this.wrapped([{ strong: this.inline(block.text) }], '', '');
      case 'facts':
        return this.facts(block.rows);
      case 'list':
        return block.items
          .map((item, index) => this.item(item, block.ordered ? `${index + 1}. ` : '- '))
          .join('\n');
      case 'steps':
        return block.steps
          .map(({ words, command }, index) => this.step(words, command, index + 1))
          .join('\n');
      case 'table':
        return layOutTable(
          block.columns,
          block.rows.map((row) => row.map((cell) => this.inline(cell))),
          this.width,
          this.colors,
        );
      case 'flow':
        return block.steps
          .map(({ from, to, label }) =>
            this.item([{ strong: from }, ' -> ', { strong: to }, `: ${label}`], '- '),
          )
          .join('\n');
      case 'queries':
        return block.queries
          .map(({ ref, about, query }) => {
            // A query is there to be copied: it is broken at the width only, by the terminal itself.
            const lines = query.split('\n').map((line) => `  ${line}`);
            return [this.item(about, `${ref} `), ...lines].join('\n');
          })
          .join('\n');
    }
  }

  private facts(rows: readonly (readonly [string, Text])[]): string {
    const longest = Math.max(0, ...rows.map(([name]) => stringWidth(name)));
    return rows
      .map(([name, value]) => {
        const label = `${name}${' '.repeat(longest - stringWidth(name))}  `;
        // A link or an id is there to be copied: only the terminal itself breaks it.
        if (value.length === 1 && typeof value[0] !== 'string')
          return this.colors.dim(label) + this.inline(value);
        return this.wrapped(value, this.colors.dim(label), ' '.repeat(longest + 2));
      })
      .join('\n');
  }

  private item(item: Text, bullet: string): string {
    return this.wrapped(item, bullet, ' '.repeat(bullet.length));
  }

  private step(words: Text, command: string | null, number: number): string {
    const item = this.item(words, `${number}. `);
    return command === null ? item : `${item}\n   ${this.colors.yellow(command)}`;
  }

  /** Wraps a text; `first` stands before its first line, `rest` before the others. */
  private wrapped(words: Text, first: string, rest: string): string {
    const room = Math.max(20, this.prose - rest.length);
    return wrapText(this.inline(words), room)
      .map((line, index) => (index === 0 ? first : rest) + line)
      .join('\n');
  }

  private inline(words: Text): string {
    return words.map((part) => this.span(part)).join('');
  }

  private span(part: Span): string {
    if (typeof part === 'string') return part;
    if ('strong' in part) return this.colors.bold(part.strong);
    if ('code' in part) return this.colors.yellow(part.code);
    if ('ref' in part) return this.colors.dim(`[${part.ref}]`);
    return part.link === part.url ? part.url : `${part.link}: ${part.url}`;
  }
}

/** A heading stands over what follows, lists close to what they belong to; else a line is left free. */
function spaceBetween(before: Block | undefined, block: Block): string {
  if (!before) return '';
  const close = before.kind === 'heading' || (before.kind === 'paragraph' && block.kind !== 'heading');
  return close ? '\n' : '\n\n';
}
