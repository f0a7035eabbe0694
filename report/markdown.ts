import wrapAnsi from 'wrap-ansi';
import type { IncidentRecord } from '../model/incident.js';
import { buildDocument } from './build.js';
import type { Block, Column, FlowStep, NumberedQuery, Section, Text } from './document.js';
import { codeSpan, escapeMarkdown, fenceFor, guardLineStart } from './escape.js';
import { inlineMarkdown, spanMarkdown, titleMarkdown } from './inline.js';

export interface MarkdownOptions {
  /** Columns at which prose is wrapped; not wrapped when left out. Tables, code and links keep their lines. */
  width?: number;
}

/** The summary of an incident as GitHub-flavoured Markdown, ending with a line break. */
export function renderMarkdown(record: IncidentRecord, options: MarkdownOptions = {}): string {
  const { title, sections } = buildDocument(record);
  return `${[`# ${titleMarkdown(title)}`, ...sectionsMarkdown(sections, options)].join('\n\n')}\n`;
}

/** Each section as Markdown of its own, for places that take only so many of them. */
export function sectionsMarkdown(sections: readonly Section[], options: MarkdownOptions = {}): string[] {
  const print = new MarkdownPrinter(options.width ?? Infinity);
  return sections.map((section) => print.section(section));
}

class MarkdownPrinter {
  constructor(private readonly width: number) {}

  section({ title, blocks }: Section): string {
    return [`## ${title}`, ...blocks.map((block) => this.block(block))].join('\n\n');
  }

  private block(block: Block): string {
    switch (block.kind) {
      case 'paragraph':
        return this.wrapped(guardLineStart(inlineMarkdown(block.text)), '', '');
      case 'heading':
        return `### ${inlineMarkdown(block.text)}`;
      case 'facts':
        return table(
          [{ title: '' }, { title: '' }],
          block.rows.map(([name, value]): Text[] => [[{ strong: name }], value]),
        );
      case 'list':
        return block.items
          .map((item, index) => this.item(item, block.ordered ? `${index + 1}. ` : '- '))
          .join('\n');
      case 'steps':
        return block.steps
          .map(({ words, command }, index) => this.step(words, command, index + 1))
          .join('\n')
          .trimEnd();
      case 'table':
        return table(block.columns, block.rows);
      case 'flow':
        return flow(block.steps, block.cause, block.affected);
      case 'queries':
        return block.queries.map(queryLines).join('\n\n');
    }
  }

  private item(item: Text, bullet: string): string {
    return this.wrapped(guardLineStart(inlineMarkdown(item)), bullet, ' '.repeat(bullet.length));
  }

  private step(words: Text, command: string | null, number: number): string {
    const item = this.item(words, `${number}. `);
    if (command === null) return item;
    const fence = fenceFor(command);
    return `${item}\n\n${indent(`${fence}sh\n${command}\n${fence}`, 3)}\n`;
  }

  private wrapped(source: string, first: string, rest: string): string {
    if (!Number.isFinite(this.width)) return first + source;
    return wrapAnsi(source, Math.max(20, this.width - first.length))
      .split('\n')
      .map((line, index) => (index === 0 ? first + line : rest + guardLineStart(line)))
      .join('\n');
  }
}

function table(columns: readonly Column[], rows: readonly (readonly Text[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n');
}

/** Within a table a bar ends the cell even inside a code span. */
function cell(words: Text): string {
  return words
    .map((part) =>
      typeof part !== 'string' && 'code' in part
        ? codeSpan(part.code).replaceAll('|', '\\|')
        : spanMarkdown(part),
    )
    .join('');
}

function flow(steps: readonly FlowStep[], cause: string | null, affected: string): string {
  const list = steps.map(
    ({ from, to, label }) => `- ${escapeMarkdown(from)} -> ${escapeMarkdown(to)}: ${label}`,
  );
  const names = [...new Set(steps.flatMap(({ from, to }) => [from, to]))];
  const node = (name: string) => `s${names.indexOf(name)}`;
  const mermaid = [
    'flowchart LR',
    ...names.map((name) => `  ${node(name)}["${mermaidText(name)}"]${classOf(name, cause, affected)}`),
    ...steps.map(({ from, to, label }) => `  ${node(from)} -- "${mermaidText(label)}" --> ${node(to)}`),
    '  classDef cause stroke-width:3px,stroke-dasharray:6 3',
    '  classDef affected stroke-width:3px',
  ];
  return `${list.join('\n')}\n\n\`\`\`mermaid\n${mermaid.join('\n')}\n\`\`\``;
}

function classOf(name: string, cause: string | null, affected: string): string {
  if (name === cause) return ':::cause';
  return name === affected ? ':::affected' : '';
}

/** Mermaid reads entities in its own way, `#quot;`. */
function mermaidText(words: string): string {
  return words.replace(/[#"<>`;&\\[\]{}|]/g, (character) => `#${character.charCodeAt(0)};`);
}

function queryLines({ ref, about, query }: NumberedQuery): string {
  const fence = fenceFor(query);
  return `- **${ref}** ${inlineMarkdown(about)}\n\n${indent(`${fence}promql\n${query}\n${fence}`, 2)}`;
}

function indent(block: string, columns: number): string {
  return block
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(columns) + line))
    .join('\n');
}
