import assert from 'node:assert/strict';
import { renderTerminal } from '../../report/terminal.js';
import { SAMPLES } from '../support/records.js';

describe('a brief summary in the terminal', () => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    it(`of ${name} says what the whole one says, less how it was found`, () => {
      const record = sample();
      const options = { width: 100, color: false };
      const whole = renderTerminal(record, options);
      const brief = renderTerminal(record, { ...options, brief: true });
      assert.ok(brief.length <= whole.length);
      assert.doesNotMatch(brief, /^(CHECKS RUN|HOW THIS WAS DECIDED)$/m);
      assert.equal(brief.split('\n')[0], whole.split('\n')[0]);
      const cited = new Set(brief.match(/\[q\d+\]/g));
      const listed = new Set(brief.match(/^q\d+(?= )/gm)?.map((id) => `[${id}]`));
      assert.deepEqual([...cited].sort(), [...listed].sort());
    });
  }
});
