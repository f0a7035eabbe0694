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

/** How its files are named, and its columns. */
const TERMINALS: readonly [string, number][] = [
  ['', 80],
  ['.narrow', 48],
  ['.wide', 132],
];

function compare(file: string, actual: string): void {
  const path = `${FOLDER}/${file}`;
  if (UPDATE) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, actual);
  }
  assert.equal(actual, readFileSync(path, 'utf8'));
}

/** Escape characters as their picture: the files are for the eye, and no terminal obeys them. */
function visible(text: string): string {
  return text.replaceAll('\u001b', '\u241b');
}

describe('a summary looks as it was approved', () => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    const file = name.replaceAll(' ', '-');
    it(`as Markdown: ${name}`, () => compare(`${file}.md`, renderMarkdown(sample())));
    for (const [kind, width] of TERMINALS)
      it(`in a terminal of ${width} columns: ${name}`, () =>
        compare(`${file}${kind}.txt`, renderTerminal(sample(), { width, color: false })));
    it(`in colours: ${name}`, () =>
      compare(`${file}.colour.txt`, visible(renderTerminal(sample(), { width: 80, color: true }))));
    it(`as the details of the run in Temporal: ${name}`, () =>
      compare(`${file}.details.md`, currentDetails(sample())));
  }
});
