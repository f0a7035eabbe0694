import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { TemporalUnavailable } from '../../client/errors.js';
import type { Progress } from '../../model/progress.js';
import { aDiagnosis } from '../support/diagnoses.js';
import { faultline } from '../support/cli.js';
import { aRecord, fakeIncidents, INCIDENT_ID } from '../support/fake-incidents.js';

const LIVE = { isTTY: true, env: { TERM: 'xterm-256color' } };

describe('faultline follow', () => {
  it('prints a line as each step changes, then the summary, where there is no terminal', async () => {
    const { code, out } = await faultline('follow 9f3c2e');
    assert.equal(code, 0);
    const expected = [
      'Investigating',
      '  ▸ collect golden',
      'Suspected: payment',
      '  ✓ collect golden: 20 series (4 s)',
      '  ✗ collect hosts: no answer (1 min 35 s)',
      '  ✗ collect edges: failed',
      '',
      `summary of ${INCIDENT_ID} (100, plain)`,
      '',
    ].join('\n');
    assert.equal(out, expected);
    // A terminal that does not know its size cannot be drawn over.
    const unsized = await faultline('follow 9f3c2e', { isTTY: true, columns: 0, env: { NO_COLOR: '1' } });
    assert.equal(unsized.out, expected);
  });

  it('redraws one live block on a terminal', async () => {
    const { out } = await faultline('follow 9f3c2e', LIVE);
    assert.ok(out.includes('\u001b['), 'moves the cursor');
    const shown = stripVTControlCharacters(out);
    assert.match(shown, /▸ collect golden {2}12 s\n/, 'for how long a step runs');
    assert.match(shown, /✓ collect golden {2}4 s {2}20 series\n/);
    assert.match(shown, /✗ collect hosts {2}1 min 35 s {2}no answer\n/);
    assert.match(out, /summary of incident\/checkout\/20261124-1042-9f3c2e \(100, colors\)/);
    const narrow = stripVTControlCharacters((await faultline('follow 9f3c2e', { ...LIVE, columns: 24 })).out);
    assert.match(narrow, /✗ collect hosts {2}1 min\n {2}35 s {2}no answer\n/);
  });

  it('prints no progress with --quiet, and the record with --json', async () => {
    assert.equal((await faultline('follow x --quiet')).out, `summary of ${INCIDENT_ID} (100, plain)\n`);
    assert.deepEqual(JSON.parse((await faultline('follow x --json', { isTTY: true })).out), aRecord());
  });

  const levels: ['confirmed' | 'suspected' | 'inconclusive' | null, 'suspected' | 'confirmed', number][] = [
    ['confirmed', 'suspected', 0],
    ['suspected', 'suspected', 0],
    ['suspected', 'confirmed', 10],
    ['inconclusive', 'suspected', 10],
    [null, 'suspected', 10],
  ];
  for (const [level, required, code] of levels) {
    it(`ends with ${code} when ${required} is required and the diagnosis is ${level ?? 'missing'}`, async () => {
      const incidents = fakeIncidents({ record: aRecord({ diagnosis: level && aDiagnosis({ level }) }) });
      const run = await faultline(`follow x --require ${required}`, { incidents });
      assert.deepEqual([run.code, run.err], [code, '']);
      assert.match(run.out, /summary of/);
    });
  }

  it('leaves the terminal in order when Temporal goes away', async () => {
    const incidents = fakeIncidents({
      async *watch() {
        yield await Promise.resolve<Progress>({
          state: 'investigating',
          headline: 'Investigating',
          isPublished: false,
          steps: [],
        });
        throw new TemporalUnavailable('gone');
      },
    });
    const { code, err } = await faultline('follow x', { incidents });
    assert.deepEqual([code, err], [4, 'error: gone\n']);
  });
});
