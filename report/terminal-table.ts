import stringWidth from 'string-width';
import type { Column } from './document.js';
import type { Colors } from './terminal.js';
import { wrapText } from './terminal-wrap.js';

const GAP = '  ';
/** A growing column narrower than this is not worth a table: its rows are stacked. */
const LEAST_GROWN = 28;
/** Room that a growing column has to have before a spare one stands beside it. */
const ROOM_WITH_SPARE = 40;

/**
 * A table of printed cells within `width` columns. The column that grows takes what the others leave, and wraps;
 * where that is too little, each row becomes a line of its own with the other cells below it.
 */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  colors: Colors,
): string {
  const filled = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => rows.some((row) => row[index] !== ''));
  const whole = measured(filled, rows, width);
  const used = whole.left < whole.wanted(ROOM_WITH_SPARE) ? filled.filter(isNeeded) : filled;
  const { natural, growing, left, wanted } = measured(used, rows, width);
  if (left < wanted(LEAST_GROWN)) return stacked(used, growing, rows, width, colors);
  const widths = natural.map((size, at) => (at === growing ? Math.min(size, left) : size));
  const head = used.map(({ column }) => colors.dim(column.title));
  const lines = [head, ...rows.map((row) => used.map(({ index }) => row[index] ?? ''))];
  return lines.map((cells) => rowLines(cells, used, widths).join('\n')).join('\n');
}

type Used = readonly { column: Column; index: number }[];

function isNeeded({ column }: Used[number]): boolean {
  return !column.spare;
}

/** How wide each column is by itself, which one grows (-1 when none does), and what is left for it. */
function measured(used: Used, rows: readonly (readonly string[])[], width: number) {
  const natural = used.map(({ column, index }) =>
    Math.max(stringWidth(column.title), ...rows.map((row) => stringWidth(row[index] ?? ''))),
  );
  const growing = used.findIndex(({ column }) => column.grows);
  const fixed = natural.reduce((sum, size, at) => (at === growing ? sum : sum + size), 0);
  return {
    natural,
    growing,
    left: width - fixed - GAP.length * (used.length - 1),
    wanted: (least: number) => (growing === -1 ? 0 : Math.min(least, natural[growing]!)),
  };
}

/** One row, as many lines high as its highest cell. */
function rowLines(cells: readonly string[], used: Used, widths: readonly number[]): string[] {
  const wrapped = cells.map((cell, at) => wrapText(cell, widths[at]!));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, at) => padded(lines[line] ?? '', widths[at]!, used[at]!.column.align === 'right'))
      .join(GAP)
      .trimEnd(),
  );
}

function padded(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return right ? space + text : text + space;
}

/** The growing cell first, the others named below it. */
function stacked(
  used: Used,
  growing: number,
  rows: readonly (readonly string[])[],
  width: number,
  colors: Colors,
): string {
  const main = used[Math.max(0, growing)]!;
  const others = used.filter((one) => one !== main);
  return rows
    .map((row) => {
      const filled = others.filter(({ index }) => row[index] !== '');
      // A column without a title says what kind of row this is.
      const kind = filled.filter(({ column }) => column.title === '').map(({ index }) => `${row[index]!}: `);
      const below = filled
        .filter(({ column }) => column.title !== '')
        .map(({ column, index }) => `${colors.dim(column.title)} ${row[index]!}`);
      const first = kind.join('') + (row[main.index] ?? '');
      return [...hanging(first, width, '- '), ...hanging(below.join(', '), width, '  ')].join('\n');
    })
    .join('\n');
}

function hanging(text: string, width: number, bullet: string): string[] {
  if (text === '') return [];
  return wrapText(text, width - bullet.length).map(
    (line, index) => (index === 0 ? bullet : ' '.repeat(bullet.length)) + line,
  );
}
