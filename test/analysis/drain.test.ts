import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Drain } from '../../analysis/logs/drain.js';

interface Oracle {
  lines: string[];
  runs: { depth: number; similarity: number; maxChildren: number; ids: number[]; templates: string[] }[];
}
const fixture = new URL('../fixtures/drain/drain3-0.9.11.json', import.meta.url);
const { lines, runs } = JSON.parse(readFileSync(fixture, 'utf8')) as Oracle;

describe('Drain', () => {
  for (const { ids, templates, ...options } of runs) {
    const { depth, similarity, maxChildren } = options;
    it(`groups lines as drain3 does at depth ${depth}, similarity ${similarity}, ${maxChildren} children`, () => {
      const drain = new Drain(options);
      assert.deepEqual(
        lines.map((line) => drain.add(line)),
        ids,
      );
      assert.deepEqual(
        templates.map((_, id) => drain.template(id)),
        templates,
      );
    });
  }

  it('gives up lines that fit no template when there is room for no more', () => {
    const drain = new Drain({ maxTemplates: 2 });
    assert.equal(drain.add('a user came in'), 0);
    assert.equal(drain.add('disk is full now'), 1);
    assert.equal(drain.add('some other thing happened'), null);
    assert.equal(drain.add('a user came in'), 0);
  });

  it('never makes a wildcard of a word that is kept', () => {
    const drain = new Drain({ isKept: (word) => word === 'cart' || word === 'catalog' });
    assert.equal(drain.add('call to cart failed at once'), 0);
    assert.equal(drain.add('call to catalog failed at once'), 1);
    assert.equal(drain.add('call to cart failed too late'), 0);
    assert.equal(drain.template(0), 'call to cart failed <*> <*>');
  });
});
