import assert from 'node:assert/strict';
import pc from 'picocolors';
import { failed, ok, warning, type Finding } from '../../workers/doctor/finding.js';
import { exitCodeFor, renderFindings } from '../../workers/doctor/render.js';

const plainColors = pc.createColors(false);
const fine: Finding = { area: 'temporal', subject: 'server localhost:7233', ...ok('version 1.32.0') };
const noWorker: Finding = {
  area: 'temporal',
  subject: 'workers',
  ...warning('no worker polls for tasks', 'start one: `faultline worker`'),
};
const broken: Finding = {
  area: 'metrics',
  subject: 'prometheus prom:9090',
  ...failed('connection refused', 'check metrics.url'),
};

describe("the doctor's page", () => {
  it('tells each thing in one line, and what to do below it', () => {
    assert.equal(
      renderFindings([broken, fine, noWorker], plainColors),
      [
        'temporal',
        '  ok       server localhost:7233: version 1.32.0',
        '  warning  workers: no worker polls for tasks',
        '           -> start one: `faultline worker`',
        'metrics',
        '  failed   prometheus prom:9090: connection refused',
        '           -> check metrics.url',
        '',
        'Not ready: 1 failed, 1 warning.',
        '',
      ].join('\n'),
    );
  });

  it('says at the end whether all is ready', () => {
    assert.match(renderFindings([fine], plainColors), /\nReady\.\n$/);
    assert.match(renderFindings([fine, noWorker], plainColors), /\nReady, 1 warning\.\n$/);
    assert.match(renderFindings([broken, broken], plainColors), /\nNot ready: 2 failed\.\n$/);
  });

  it('colours only when asked, and takes commands to the terminal out of what it saw', () => {
    const hostile = { ...broken, seen: 'bad \u001b[2J\u202egnp' };
    assert.equal(renderFindings([hostile], plainColors).includes('\u001b'), false);
    assert.ok(renderFindings([hostile], plainColors).includes('bad gnp'));
    assert.ok(renderFindings([broken], pc.createColors(true)).includes('\u001b[31m'));
  });

  it('ends with the code of what failed first in importance', () => {
    const of = (area: Finding['area']): Finding => ({ ...broken, area });
    assert.equal(exitCodeFor([fine, noWorker]), 0);
    assert.equal(exitCodeFor([fine, noWorker], { strict: true }), 4);
    assert.equal(exitCodeFor([of('metrics')]), 1);
    assert.equal(exitCodeFor([of('metrics'), of('temporal')]), 4);
    assert.equal(exitCodeFor([of('temporal'), of('configuration')]), 2);
  });
});
