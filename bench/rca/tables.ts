import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { inferSchema, initParser } from 'udsv';

/** A CSV file by columns. Numeric columns hold NaN where the cell is empty or no number. */
export interface Table {
  rows: number;
  /** In the order of the file. */
  names: string[];
  numbers(name: string): Float64Array;
  /** Undefined when the file has no such column. */
  texts(name: string): string[] | undefined;
}

/** Text of a file, gunzipped when its name says so. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** Lines of JSON; blank lines are skipped. The error names the line. */
export function readJsonLines(path: string): unknown[] {
  return readText(path)
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      try {
        return [JSON.parse(line) as unknown];
      } catch (error) {
        throw new Error(`line ${index + 1} is not JSON: ${(error as Error).message}`, { cause: error });
      }
    });
}

/** Reads a CSV file with a header line. */
export function readTable(path: string): Table {
  const text = readText(path);
  const lineEnd = text.indexOf('\n');
  if (lineEnd < 0) throw new Error('has no header line');
  // The parser cannot infer from a lone header, which is a table all the same.
  const empty = text.trim().length <= lineEnd;
  const schema = inferSchema(empty ? `${text.trim()}\n${text.trim()}\n` : text, { col: ',' });
  const names = schema.cols.map((column) => column.name);
  const columns: string[][] = empty ? names.map(() => []) : initParser(schema).stringCols(text);
  const index = new Map(names.map((name, position) => [name, position]));
  const rows = columns[0]?.length ?? 0;
  const texts = (name: string): string[] | undefined => {
    const position = index.get(name);
    return position === undefined ? undefined : columns[position];
  };
  return {
    rows,
    names,
    texts,
    numbers(name) {
      const cells = texts(name);
      if (cells === undefined) throw new Error(`has no column "${name}"`);
      const values = new Float64Array(rows);
      for (let row = 0; row < rows; row += 1) {
        const cell = cells[row]!;
        values[row] = cell === '' ? NaN : Number(cell);
      }
      return values;
    },
  };
}
