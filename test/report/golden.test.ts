import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { currentDetails } from '../../report/details.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { SAMPLES } from '../support/records.js';

/*
 * What every sample record looks like, kept in golden/ for the eye. After a wanted change write them anew and read
 * the difference: UPDATE_GOLDEN=1 npx mocha test/report/golden.test.ts
 */
const FOLDER = fileURLToPath(new URL('golden', import.meta.url));
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

function compare(file: string, actual: string): void {
  const path = `${FOLDER}/${file}`;
  if (UPDATE) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, actual);
  }
  assert.equal(actual, readFileSync(path, 'utf8'));
}

describe('a summary looks as it was approved', () => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    const file = name.replaceAll(' ', '-');
    it(`as Markdown: ${name}`, () => compare(`${file}.md`, renderMarkdown(sample())));
    it(`in a terminal of 80 columns: ${name}`, () =>
      compare(`${file}.txt`, renderTerminal(sample(), { width: 80, color: false })));
    it(`as the details of the run in Temporal: ${name}`, () =>
      compare(`${file}.details.md`, currentDetails(sample())));
  }
});
