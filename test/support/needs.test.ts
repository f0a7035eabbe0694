import assert from 'node:assert/strict';
import { installLine, needs } from './needs.js';

describe('what tests need from the system', () => {
  const { PATH, CI } = process.env;
  let skipped = 0;
  const context = { skip: () => skipped++ } as unknown as Mocha.Context;

  beforeEach(() => {
    skipped = 0;
  });
  afterEach(() => {
    if (PATH !== undefined) process.env['PATH'] = PATH;
    if (CI === undefined) delete process.env['CI'];
    else process.env['CI'] = CI;
  });

  it('gives the command of a program that is there', () => {
    assert.deepEqual(needs(context, 'git'), { git: 'git' });
    assert.equal(skipped, 0);
  });

  it('skips the test where the program is missing and cannot be installed', () => {
    process.env['PATH'] = '/nowhere';
    delete process.env['CI'];
    needs(context, 'prometheus-alertmanager');
    assert.equal(skipped, 1);
  });

  it('fails instead on a build server, and says how to install what is missing', () => {
    process.env['PATH'] = '/nowhere';
    process.env['CI'] = 'true';
    assert.throws(() => needs(context, 'prometheus', 'chromium'), {
      message: `prometheus, chromium missing; install with: ${installLine('prometheus')} && apt-get install -y chromium`,
    });
    assert.equal(skipped, 0);
  });
});
