import assert from 'node:assert/strict';
import { serverFlags } from '../../workers/dev/server-flags.js';

describe('the command line of the dev server', () => {
  it('listens on the loopback address alone, and registers every search attribute', () => {
    const flags = serverFlags({}, '1.9.1', 7233, 8233);
    assert.deepEqual(flags.slice(0, 6), ['server', 'start-dev', '--ip', '127.0.0.1', '--port', '7233']);
    assert.ok(flags.includes('FaultlineConfidence=Double'));
    assert.ok(flags.includes('FaultlineService=Keyword'));
  });

  it('waits for the disk when runs are to last', () => {
    const flags = serverFlags({ dbFile: 'state.db' }, '1.9.1', 7233, null);
    assert.equal(flags[flags.indexOf('--db-filename') + 1], 'state.db');
    assert.equal(flags.includes('--sqlite-pragma'), false);
    assert.equal(serverFlags({}, '1.9.1', 7233, null).includes('synchronous=0'), true);
  });

  it('leaves out the flag that an older CLI does not know', () => {
    assert.equal(serverFlags({}, '1.9.0', 1, 2).includes('--ui-disable-news-fetch'), true);
    assert.equal(serverFlags({}, '1.8.3', 1, 2).includes('--ui-disable-news-fetch'), false);
    assert.equal(serverFlags({}, '1.9.0', 1, null).includes('--ui-disable-news-fetch'), false);
  });

  it('writes server settings as JSON values', () => {
    const flags = serverFlags({ dynamicConfig: { 'a.b': '10ms', 'c.d': true } }, '1.9.1', 1, null);
    assert.deepEqual(flags.slice(-4), [
      '--dynamic-config-value',
      'a.b="10ms"',
      '--dynamic-config-value',
      'c.d=true',
    ]);
  });
});
