import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * What is posted, kept in golden/ for the eye. After a wanted change write them anew and read the difference:
 * UPDATE_GOLDEN=1 npx mocha 'test/publish/*.test.ts'
 */
const FOLDER = fileURLToPath(new URL('golden', import.meta.url));
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

/** Asserts that what is posted is the same as ever. */
export function golden(file: string, posted: string | object): void {
  const text = typeof posted === 'string' ? `${posted}\n` : `${JSON.stringify(posted, null, 2)}\n`;
  const path = `${FOLDER}/${file}`;
  if (UPDATE) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, text);
  }
  assert.equal(text, readFileSync(path, 'utf8'));
}
