import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IncidentRecord } from '../../model/incident.js';
import { currentDetails } from '../../report/details.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminalBrief } from '../../report/terminal-brief.js';
import { renderTerminal, type TerminalOptions } from '../../report/terminal.js';
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

/** Escape characters as their picture: the files are for the eye, and no terminal obeys them. */
function visible(text: string): string {
  return text.replaceAll('\u001b', '\u241b');
}

const text = (record: IncidentRecord, options: Partial<TerminalOptions> = {}) =>
  renderTerminal(record, { width: 80, color: false, ...options });

describe('a summary looks as it was approved', () => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    const file = name.replaceAll(' ', '-');
    it(`as Markdown: ${name}`, () => compare(`${file}.md`, renderMarkdown(sample())));
    it(`in a terminal: ${name}`, () => compare(`${file}.txt`, text(sample())));
    it(`in short: ${name}`, () =>
      compare(`${file}.short.txt`, renderTerminalBrief(sample(), { width: 80, color: false })));
    it(`as the details of the run in Temporal: ${name}`, () =>
      compare(`${file}.details.md`, currentDetails(sample())));
  }

  // The layout depends on the width and the colours, not on the incident: one sample shows it.
  const sample = SAMPLES['suspected pool saturation'];
  it('in a narrow terminal', () => compare('layout.narrow.txt', text(sample(), { width: 48 })));
  it('in a wide terminal', () => compare('layout.wide.txt', text(sample(), { width: 132 })));
  it('in colours', () => compare('layout.colour.txt', visible(text(sample(), { color: true }))));
});
