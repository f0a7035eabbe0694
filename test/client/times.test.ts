import assert from 'node:assert/strict';
import { readMoment } from '../../client/cli/times.js';
import { BadInput } from '../../client/errors.js';

const NOW = Date.UTC(2026, 10, 24, 12) / 1000;

describe('moments as people write them', () => {
  const table: [string, string][] = [
    ['10m', '2026-11-24T11:50:00.000Z'],
    ['90s', '2026-11-24T11:58:30.000Z'],
    ['1.5h', '2026-11-24T10:30:00.000Z'],
    ['2h ago', '2026-11-24T10:00:00.000Z'],
    ['10 minutes', '2026-11-24T11:50:00.000Z'],
    ['now', '2026-11-24T12:00:00.000Z'],
    ['10:42', '2026-11-24T10:42:00.000Z'],
    ['10:42:13', '2026-11-24T10:42:13.000Z'],
    ['yesterday 10:00', '2026-11-23T10:00:00.000Z'],
    ['2026-11-24T10:42', '2026-11-24T10:42:00.000Z'],
    ['2026-11-24 10:42', '2026-11-24T10:42:00.000Z'],
    ['2026-11-24T12:42:00+02:00', '2026-11-24T10:42:00.000Z'],
    ['1795519150', '2026-11-24T11:19:10.000Z'],
  ];
  const read = (text: string) => readMoment('--since', text, NOW);

  for (const [text, expected] of table) {
    it(`reads "${text}"`, async () => {
      assert.equal(new Date((await read(text)) * 1000).toISOString(), expected);
    });
  }

  it('takes a time of day that is still to come as the one of yesterday', async () => {
    assert.equal(await read('13:00'), NOW - 23 * 3600);
  });

  it('takes a day as its beginning', async () => {
    const midnight = Date.UTC(2026, 10, 24) / 1000;
    assert.equal(await read('2026-11-24'), midnight);
    assert.equal(await read('today'), midnight);
    assert.equal(await read('yesterday'), midnight - 86_400);
    assert.equal(await read('3d'), midnight - 3 * 86_400);
  });

  for (const text of ['', ' ', 'soon', '10m or so', '5', '0001-01-01T00:00:00Z', '\u001b[31m']) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      await assert.rejects(read(text), BadInput);
    });
  }

  it('refuses the future, allowing for clocks that differ a little', async () => {
    await assert.rejects(read('in 5 minutes'), /--since: expected a time in the past, .*2026-11-24T12:05/);
    assert.equal(await read('2026-11-24T12:00:30Z'), NOW + 30);
  });
});
