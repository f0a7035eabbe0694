import assert from 'node:assert/strict';
import stringWidth from 'string-width';
import { renderTerminalBrief } from '../../report/terminal-brief.js';
import { wrapText } from '../../report/terminal-wrap.js';
import { hostileRecord } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';

/** Lines that a terminal shows at once beside the prompt. */
const FIRST_SCREEN = 30;
/** Where every text is as long as it may be. */
const HOSTILE_SCREEN = 50;
const ADDRESS = `https://prometheus.example/graph?g0.expr=${'histogram_quantile%280.95%2C'.repeat(8)}`;

describe('the first screen of a summary', () => {
  it('fits a terminal, begins with the title and ends with where to read on', () => {
    for (const [name, sample] of Object.entries(SAMPLES)) {
      const lines = renderTerminalBrief(sample(), { width: 100, color: false }).trimEnd().split('\n');
      const most = name === 'hostile labels' ? HOSTILE_SCREEN : FIRST_SCREEN;
      assert.ok(lines.length <= most, `${name}: ${lines.length} lines`);
      assert.match(lines[0]!, /^\[/, name);
      assert.match(lines.at(-1)!, /^More +faultline show .+ --full$/, name);
    }
  });

  it('keeps each address on one line, and everything else within the width', () => {
    const record = SAMPLES['suspected pool saturation']();
    record.links = [{ title: 'Metrics', url: ADDRESS }];
    const lines = renderTerminalBrief(record, { width: 60, color: false }).split('\n');
    assert.ok(lines.some((line) => line.endsWith(ADDRESS)));
    const commands = record.diagnosis!.nextActions.map(({ command }) => command ?? 'none');
    const isCopied = (line: string) =>
      ['://', 'faultline show', ...commands].some((copied) => line.includes(copied));
    for (const line of lines) assert.ok(isCopied(line) || stringWidth(line) <= 60, line);
  });

  it('prints nothing that a terminal obeys', () => {
    const shown = renderTerminalBrief(hostileRecord(SAMPLES['two causes']()), { width: 80, color: false });
    assert.doesNotMatch(shown.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
  });
});

describe('wrapped text', () => {
  it('breaks words that are too long, and never an address', () => {
    assert.deepEqual(wrapText(`see ${ADDRESS} for more`, 40), ['see', ADDRESS, 'for more']);
    assert.deepEqual(wrapText('a http://short.example/x b', 40), ['a http://short.example/x b']);
    assert.deepEqual(wrapText('x'.repeat(50), 40), ['x'.repeat(40), 'x'.repeat(10)]);
  });
});
