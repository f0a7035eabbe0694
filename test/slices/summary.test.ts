import assert from 'node:assert/strict';
import { plain } from '../../report/document.js';
import { factsOf, strongestReasons } from '../../report/facts.js';
import { Queries } from '../../report/queries.js';
import { slicesSection } from '../../report/sections/slices.js';
import { aSuspect, observed } from '../support/record-parts.js';
import { SAMPLES } from '../support/records.js';

describe('slices in a summary', () => {
  it('come second among the reasons, whatever they weigh: they say which part of it suffers', () => {
    const evidence = (['local-symptom', 'change', 'trace', 'log'] as const).map((kind, index) =>
      observed({ kind, weight: 9 - index, statement: kind }),
    );
    const slice = observed({ kind: 'slice', weight: 1, statement: 'slice' });
    const reasons = (all: typeof evidence): string[] =>
      strongestReasons({
        suspect: aSuspect('payment', {
          faultKind: 'unknown',
          confidence: 0.6,
          status: 'leading',
          evidence: all,
        }),
      }).map(({ statement }) => statement);
    assert.deepEqual(reasons([...evidence, slice]), ['local-symptom', 'slice', 'change']);
    assert.deepEqual(reasons(evidence), ['local-symptom', 'change', 'trace']);
    assert.deepEqual(reasons([slice]), ['slice']);
  });

  it('are one section: a sentence for each, one for all that cannot be told, a row for each slice', () => {
    const section = slicesSection(factsOf(SAMPLES['confirmed bad deploy']()), new Queries(null));
    const [list, table] = section!.blocks;
    assert.ok(list?.kind === 'list' && table?.kind === 'table', 'a list and a table');
    assert.deepEqual(
      list.items.map((item) => plain(item).split(' (')[0]),
      [
        'Only version v812 of payment fails more',
        'Both zones of payment fail more alike',
        'payment: too few requests to tell by endpoint.',
      ],
    );
    assert.deepEqual(
      table.rows.map((row) => row.map(plain).join(' | ')),
      ['version | v812 | 25 % | 100 % | 56 % (new)', 'version | v811 | 75 % | 0 % | 0.1 % -> 0.1 %'],
    );
    assert.equal(slicesSection(factsOf(SAMPLES.inconclusive()), new Queries(null)), null);
  });
});
