import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import stringWidth from 'string-width';
import { currentDetails, staticSummary } from '../../report/details.js';
import { oneLine } from '../../report/escape.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { anAnomaly } from '../support/anomalies.js';
import { SAMPLES } from '../support/records.js';

const everySample = Object.entries(SAMPLES);
const withoutEscapes = (text: string) =>
  text.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');

describe('a summary in the terminal', () => {
  for (const width of [40, 80, 132]) {
    it(`keeps within ${width} columns but for queries, commands and addresses, which are there to be copied`, () => {
      for (const [name, sample] of everySample) {
        const record = sample();
        const commands =
          record.diagnosis?.nextActions.map(({ command }) => oneLine(command ?? '', 1000)) ?? [];
        const text = renderTerminal(record, { width, color: false }).split('\nQUERIES\n')[0]!;
        const isCopied = (line: string) =>
          commands.includes(line) || line.includes('://') || line.startsWith('Incident ');
        const wide = text.split('\n').filter((line) => stringWidth(line) > width && !isCopied(line.trim()));
        assert.deepEqual(wide, [], name);
      }
    });
  }

  it('holds no escape sequence when colours are not asked for, and the same words when they are', () => {
    for (const [, sample] of everySample) {
      const plain = renderTerminal(sample(), { width: 80, color: false });
      const coloured = renderTerminal(sample(), { width: 80, color: true });
      assert.ok(!plain.includes('\u001b'));
      assert.notEqual(coloured, plain);
      assert.equal(withoutEscapes(coloured), plain);
    }
  });

  it('keeps a number and its unit on one line', () => {
    const text = renderTerminal(SAMPLES['suspected pool saturation'](), { width: 44, color: false });
    assert.doesNotMatch(text, /\d\n\s*(?:%|ms|s|UTC)(?!\w)/);
  });
});

describe('a summary as Markdown', () => {
  it('defines every query that it points at, and points at every query that it lists', () => {
    for (const [name, sample] of everySample) {
      const text = renderMarkdown(sample());
      const cited = new Set(Array.from(text.matchAll(/\[(q\d+)\]/g), ([, ref]) => ref));
      const listed = new Set(Array.from(text.matchAll(/^- \*\*(q\d+)\*\*/gm), ([, ref]) => ref));
      assert.deepEqual(cited, listed, name);
    }
  });

  it('gives every row of a table as many cells as its head', () => {
    for (const [name, sample] of everySample) {
      const tables = renderMarkdown(sample()).match(/(?:^\|.*\n)+/gm) ?? [];
      for (const table of tables) {
        const cells = table
          .trim()
          .split('\n')
          .map((row) => row.replace(/\\\|/g, '').split('|').length);
        assert.equal(new Set(cells).size, 1, `${name}: ${table}`);
      }
    }
  });

  it('is the same every time', () => {
    for (const [, sample] of everySample) assert.equal(renderMarkdown(sample()), renderMarkdown(sample()));
  });

  it('wraps prose at a width, and loses nothing by it', () => {
    const record = SAMPLES['suspected pool saturation']();
    const wrapped = renderMarkdown(record, { width: 60 });
    assert.ok(wrapped.split('\n').length > renderMarkdown(record).split('\n').length);
    assert.equal(wrapped.replace(/\s+/g, ' '), renderMarkdown(record).replace(/\s+/g, ' '));
  });

  it('always says what was ruled out and what was not checked once there is a diagnosis', () => {
    for (const [name, sample] of everySample) {
      const record = sample();
      const text = renderMarkdown(record);
      assert.match(text, /^## Not checked$/m, name);
      assert.equal(/^## Ruled out$/m.test(text), record.diagnosis !== null, name);
      for (const { what } of record.gaps.slice(0, 1))
        if (name !== 'hostile labels') assert.ok(text.includes(what), name);
    }
  });

  it('tells the same facts to the terminal', () => {
    const record = SAMPLES['confirmed bad deploy']();
    const terminal = renderTerminal(record, { width: 200, color: false });
    for (const fact of [
      '96 %',
      'T-4m45s',
      'kubectl rollout undo deployment/payment',
      'change-with-mechanism',
      '77aa01b',
    ]) {
      assert.ok(terminal.includes(fact) && renderMarkdown(record).includes(fact), fact);
    }
  });
});

describe('what the Temporal UI shows', () => {
  it('needs no library and nothing of Node, since workflow code imports it', async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(new URL('../../report/details.ts', import.meta.url))],
      bundle: true,
      write: false,
      metafile: true,
      absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
      // Node's own modules are not known on this platform: importing one fails the build.
      platform: 'neutral',
    });
    const foreign = Object.keys(metafile.inputs).filter((file) => !/^(report|model)\//.test(file));
    assert.deepEqual(foreign, []);
  });

  it('fits the size that Temporal allows for details', () => {
    for (const [name, sample] of everySample)
      assert.ok(Buffer.byteLength(currentDetails(sample())) < 10_000, name);
  });

  it('cuts a summary to 200 bytes between characters, however many bytes those take', () => {
    const title = '結帳很慢'.repeat(80);
    const summary = staticSummary([anAnomaly({ title }), anAnomaly()]);
    assert.ok(Buffer.byteLength(summary) <= 200, `${Buffer.byteLength(summary)} bytes`);
    assert.match(summary, /^checkout latency: 結帳很慢.*… \(and 1 more alert\)$/);
  });

  it('says what to do next while the incident is open, and no longer when it is over', () => {
    assert.match(currentDetails(SAMPLES['confirmed bad deploy']()), /\*\*Next:\*\* Take payment back/);
    assert.doesNotMatch(currentDetails(SAMPLES.resolved()), /Next:/);
  });
});
