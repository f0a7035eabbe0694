import assert from 'node:assert/strict';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import stringWidth from 'string-width';
import type { IncidentRecord } from '../../model/incident.js';
import { briefOf, whatChanged } from '../../report/brief.js';
import { currentDetails, staticDetails, staticSummary } from '../../report/details.js';
import { oneLine } from '../../report/escape.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { HOSTILE, SECRETS, spoiledRecord } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';

const sampleNames = Object.keys(SAMPLES) as (keyof typeof SAMPLES)[];

/** Text as nobody should write it: any code unit, pieces of attacks, and much of either. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...HOSTILE,
        '\n',
        '\r\n',
        '|',
        '`',
        '[x](',
        '](',
        '<b>',
        '&lt;',
        '\\',
        '@all',
        '\u0301',
      ),
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const anIncident = fc
  .tuple(fc.constantFrom(...sampleNames), nasty)
  .map(([name, text]) => spoiledRecord(SAMPLES[name](), text));

/** What no reader, terminal or browser may get: controls, what turns text round or hides it, broken characters. */
const HARMFUL =
  /(?!\n)\p{Cc}|[\u061c\u200b-\u200f\u2028-\u202e\u2061-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}|\p{M}{5}/u;

function checkHarmless(shown: string): void {
  assert.equal(HARMFUL.exec(shown), null);
  for (const secret of SECRETS) assert.ok(!shown.includes(secret), `${secret} is shown`);
}

/** Everything that a Markdown reader makes of a source but words, code and structure. */
function foreignElements(source: string): string[] {
  const tokens = new MarkdownIt({ html: true }).parse(source, {});
  const all = tokens.flatMap((token) => [token, ...(token.children ?? [])]);
  return all
    .filter(({ type }) =>
      ['html_block', 'html_inline', 'image', 's_open', 'blockquote_open', 'hr'].includes(type),
    )
    .map(({ type, content }) => `${type}: ${content}`);
}

/** Headings of the first two orders: what the document itself says. */
function headings(source: string): string[] {
  const tokens = new MarkdownIt().parse(source, {});
  return tokens.flatMap(({ type, tag }, index) =>
    type === 'heading_open' && tag !== 'h3' ? [`${tag} ${tokens[index + 1]?.content ?? ''}`] : [],
  );
}

function runs(times: number) {
  return { numRuns: times, endOnFailure: true };
}

describe('whatever text others write', () => {
  it('is shown without harm and without secrets in every rendering', () => {
    fc.assert(
      fc.property(anIncident, fc.integer({ min: 1, max: 200 }), (record, width) => {
        checkHarmless(renderMarkdown(record));
        checkHarmless(renderTerminal(record, { width, color: false }));
        checkHarmless(currentDetails(record));
        checkHarmless(staticDetails(record.anomalies));
        checkHarmless(staticSummary(record.anomalies));
        checkHarmless(textsIn(briefOf(record)).join('\n'));
        checkHarmless(whatChanged(SAMPLES.inconclusive(), record).join('\n'));
      }),
      runs(60),
    );
  }).timeout(60_000);

  it('is words to Markdown: no element, no link that is not ours, and no heading but those of the summary', () => {
    fc.assert(
      fc.property(fc.constantFrom(...sampleNames), nasty, (name, text) => {
        const source = renderMarkdown(spoiledRecord(SAMPLES[name](), text));
        assert.deepEqual(foreignElements(source), []);
        const parts = (all: string[]) => all.filter((one) => one.startsWith('h2'));
        assert.deepEqual(parts(headings(source)), parts(headings(renderMarkdown(SAMPLES[name]()))));
        assert.equal(headings(source).filter((one) => one.startsWith('h1')).length, 1);
        for (const href of linksIn(source))
          assert.match(href, /^https?:\/\/[^/?#@]+(?:[/?#]|$)/, 'a link that may not be followed');
      }),
      runs(60),
    );
  }).timeout(60_000);

  it('keeps within the columns of a terminal', () => {
    fc.assert(
      fc.property(anIncident, fc.integer({ min: 40, max: 160 }), (record, width) => {
        const commands =
          record.diagnosis?.nextActions.map(({ command }) => oneLine(command ?? '', 1000)) ?? [];
        const [text = ''] = renderTerminal(record, { width, color: false }).split('\nQUERIES\n');
        const wide = text
          .split('\n')
          .filter(
            (line) =>
              stringWidth(line) > width &&
              !commands.includes(line.trim()) &&
              !/https?:|^Incident /.test(line),
          );
        assert.deepEqual(wide, []);
      }),
      runs(40),
    );
  }).timeout(60_000);

  it('is cut with a note when it is 100 KB, wherever it stands', () => {
    for (const name of sampleNames) {
      const record = spoiledRecord(SAMPLES[name](), ` ${'long '.repeat(20_000)}`);
      for (const shown of [renderMarkdown(record), renderTerminal(record, { width: 100, color: false })]) {
        assert.ok(shown.length < 250_000, `${name}: ${shown.length} characters`);
        assert.match(shown, /… \(cut, \d{6} characters\)/, name);
      }
      assert.ok(Buffer.byteLength(currentDetails(record)) < 20_000, name);
      assert.ok(JSON.stringify(briefOf(record)).length < 16_000, name);
    }
  }).timeout(60_000);

  it('is one line, cleaned once and for all', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = oneLine(text);
        checkHarmless(shown);
        assert.ok(!shown.includes('\n'));
        assert.equal(oneLine(shown), shown);
      }),
      runs(300),
    );
  });
});

/** All texts within plain data. */
function textsIn(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  if (typeof data !== 'object' || data === null) return [];
  return Object.values(data as Record<string, unknown>).flatMap((one) => textsIn(one));
}

function linksIn(source: string): string[] {
  return new MarkdownIt()
    .parse(source, {})
    .flatMap(({ children }) => children ?? [])
    .flatMap((token) => (token.type === 'link_open' ? [String(token.attrGet('href') ?? '')] : []));
}

/** Keeps the helper honest: text that reached nothing would prove nothing. */
describe('a spoiled record', () => {
  it('holds the text wherever others wrote', () => {
    const record: IncidentRecord = spoiledRecord(SAMPLES['two causes'](), 'NASTY');
    assert.ok(renderMarkdown(record).split('NASTY').length > 60);
  });
});
