import Table from 'cli-table3';
import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import type { Colors } from './output.js';

export interface TableOptions {
  colors: Colors;
  /** Cuts lines to so many columns, at their end; null prints them whole, as for a pipe. */
  width: number | null;
}

/** Columns without borders, so that lines can be searched and cut; the first row is the head. */
export function plainTable(
  [head = [], ...rows]: readonly (readonly string[])[],
  { colors, width }: TableOptions,
): string {
  const none = '';
  const table = new Table({
    head: head.map((title) => colors.bold(title)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      ...{ top: none, 'top-mid': none, 'top-left': none, 'top-right': none },
      ...{ bottom: none, 'bottom-mid': none, 'bottom-left': none, 'bottom-right': none },
      ...{ left: none, 'left-mid': none, mid: none, 'mid-mid': none },
      ...{ right: none, 'right-mid': none, middle: none },
    },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => cut(line.replace(/ +$/, ''), width))
    .join('\n');
}

function cut(line: string, width: number | null): string {
  return width === null || stringWidth(line) <= width ? line : `${sliceAnsi(line, 0, width - 1)}…`;
}
