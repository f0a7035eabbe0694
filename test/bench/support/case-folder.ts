import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A folder of cases that goes away after the test. */
export class CaseFolder {
  readonly root = mkdtempSync(join(tmpdir(), 'cases-'));

  /** Writes a file below the root; objects as JSON, names that end in .gz compressed. Answers the path. */
  write(name: string, content: string | object): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
    return path;
  }

  delete(name: string): void {
    rmSync(join(this.root, name));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A wide metrics table: `columns` gives each column's value at a row. One row a minute from 1000 on. */
export function wideTable(rows: number, columns: Record<string, (row: number) => number | ''>): string {
  const names = Object.keys(columns);
  const lines = Array.from({ length: rows }, (_, row) =>
    [1000 + 60 * row, ...names.map((name) => columns[name]!(row))].join(','),
  );
  return [`time,${names.join(',')}`, ...lines, ''].join('\n');
}
