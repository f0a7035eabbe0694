import assert from 'node:assert/strict';
import { currentDetails, staticDetails, staticSummary } from '../../report/details.js';
import { escapeMarkdown, guardLineStart, linkTarget, oneLine } from '../../report/escape.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { hostileRecord, SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';

const RENDERINGS = {
  markdown: renderMarkdown,
  terminal: (record: Parameters<typeof renderMarkdown>[0]) =>
    renderTerminal(record, { width: 80, color: false }),
  'current details': currentDetails,
  'static details': (record: Parameters<typeof renderMarkdown>[0]) => staticDetails(record.anomalies),
  'static summary': (record: Parameters<typeof renderMarkdown>[0]) => staticSummary(record.anomalies),
};

/** Control characters but the line break, marks that turn text around or hide it, and halves of characters. */
const HARMFUL = /(?!\n)\p{Cc}|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u;

/** Source outside code, with what is escaped taken out: what is left has a meaning to Markdown. */
function meaningful(markdown: string): string {
  return markdown
    .replace(/^ *(`{3,})[^\n]*\n[\s\S]*?\n *\1$/gm, '')
    .replace(/\\./g, '')
    .replace(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, '')
    .replace(/\]\(<[^>\n]*>\)/g, '');
}

describe('hostile text', () => {
  for (const [form, render] of Object.entries(RENDERINGS)) {
    for (const [name, sample] of Object.entries(SAMPLES)) {
      it(`does no harm and shows no secret as ${form}: ${name}`, () => {
        const shown = render(hostileRecord(sample()));
        assert.equal(HARMFUL.exec(shown), null);
        for (const secret of SECRETS) assert.ok(!shown.includes(secret), `${secret} is shown`);
        assert.ok(shown.length < 60_000, `${shown.length} characters`);
      });
    }
  }

  for (const form of ['markdown', 'current details', 'static details'] as const) {
    it(`means nothing to Markdown as ${form}`, () => {
      const source = meaningful(RENDERINGS[form](hostileRecord(SAMPLES['suspected pool saturation']())));
      assert.doesNotMatch(source, /<(?:script|img|!channel|@)/);
      assert.doesNotMatch(source, /\]\(|\]:|~~/);
      assert.doesNotMatch(source, /(?<![\w.])@\w/, 'somebody would be rung');
      assert.doesNotMatch(source, /^\s*(?:# heading|> quote|- \[ \])/m);
    });
  }

  it('is named as cut, with its length', () => {
    assert.match(oneLine('A'.repeat(100_000)), /^A{600}… \(cut, 100000 characters\)$/);
  });

  it('shows control characters as pictures instead of obeying them', () => {
    assert.equal(oneLine('a\u001b[31mb\u0007'), 'a␛[31mb␇');
  });

  it('becomes a link only with http, without login and without an end of the link in it', () => {
    assert.equal(linkTarget('javascript:alert(1)'), null);
    assert.equal(linkTarget('data:text/html,x'), null);
    assert.equal(linkTarget('https://x.example/a(b)<c> d'), 'https://x.example/a%28b%29%3Cc%3E%20d');
  });
});

describe('Markdown source of plain text', () => {
  it('escapes what has a meaning and leaves the rest readable', () => {
    assert.equal(
      escapeMarkdown('a*b_c [d](e) <f> `g` | h ~~i~~'),
      'a\\*b_c \\[d\\](e) \\<f> \\`g\\` \\| h \\~\\~i\\~\\~',
    );
    assert.equal(escapeMarkdown('latency 20 ms -> 1.2 s, -5 %'), 'latency 20 ms -> 1.2 s, -5 %');
  });

  it('guards what would begin a heading, a list, a quote or a rule, and nothing else', () => {
    for (const line of ['# a', '> a', '- a', '+ a', '1. a', '2) a', '---', '===']) {
      assert.notEqual(guardLineStart(line), line);
    }
    for (const line of ['1.2 s', '-5 %', '+20 %', '2026-11-24', 'a # b'])
      assert.equal(guardLineStart(line), line);
  });
});
