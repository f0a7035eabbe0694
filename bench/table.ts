import Table from 'cli-table3';

export type Cell = string | number;

/** A plain table under a heading; numbers to the right, no colours, so that it can be pasted anywhere. */
export function table(heading: string, head: string[], rows: Cell[][]): string {
  const printed = new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) => (rows.every((row) => isNumber(row[column])) ? 'right' : 'left')),
  });
  printed.push(...rows);
  return `\n${heading}\n${printed.toString()}\n`;
}

function isNumber(cell: Cell | undefined): boolean {
  return cell !== undefined && /^[-+.\d% ]*$/u.test(String(cell));
}

export const twoDigits = (value: number): string => value.toFixed(2);
