import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aDiagnosis } from '../support/diagnoses.js';
import { faultline, NOW } from '../support/cli.js';
import { fakeRollouts } from '../support/fake-rollouts.js';

describe('faultline change', () => {
  it('reports a change with what is told of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-change-'));
    try {
      const details = join(directory, 'diff');
      await writeFile(details, '-pool: 10\n+pool: 1\n');
      const rollouts = fakeRollouts();
      const { code, out } = await faultline(
        [
          ...['change', '--service', 'checkout', '--title', 'checkout 1.4.2', '--at', '5m', '--id', 'v1.4.2'],
          ...[
            '--environment',
            'production',
            '--details-file',
            details,
            '--file',
            'a.yml',
            'b.yml',
            '--link',
            'https://x.example',
          ],
        ],
        { rollouts },
      );
      assert.equal(code, 0);
      assert.match(out, /^Reported the change of checkout: checkout 1\.4\.2 \(deploy, /);
      assert.deepEqual(rollouts.reported, [
        {
          ...{ id: 'v1.4.2', kind: 'deploy', time: NOW - 300, service: 'checkout', title: 'checkout 1.4.2' },
          ...{
            details: '-pool: 10\n+pool: 1\n',
            files: ['a.yml', 'b.yml'],
            author: 'ann',
            link: 'https://x.example',
          },
          ...{ environment: 'production', source: 'faultline change' },
        },
      ]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('needs a title alone, and prints the id for a script', async () => {
    const rollouts = fakeRollouts();
    const { code, out } = await faultline(['change', '--title', 'flag on', '--kind', 'flag', '--quiet'], {
      rollouts,
    });
    assert.equal(code, 0);
    assert.equal(out.trim(), rollouts.reported[0]!.id);
    assert.deepEqual([rollouts.reported[0]!.service, rollouts.reported[0]!.time], [null, NOW]);
    assert.equal((await faultline('change --service checkout')).code, 2);
  });

  it('says why a file of details cannot be read', async () => {
    const { code, err } = await faultline('change --title x --details-file /nowhere/diff');
    assert.equal(code, 2);
    assert.match(err, /--details-file/);
  });
});

describe('faultline guard', () => {
  const look = { at: NOW, finding: 'healthy' as const, reason: 'nothing got worse' };

  it('passes with 0, and says each look once', async () => {
    const rollouts = fakeRollouts([
      {},
      { looks: [look] },
      { looks: [look] },
      { looks: [look, look], verdict: 'pass', reason: 'nothing got worse' },
    ]);
    const { code, out } = await faultline('guard --service checkout --for 15m --change v2', { rollouts });
    assert.equal(code, 0);
    assert.equal(out.split('healthy').length - 1, 2);
    assert.match(out, /pass: checkout: nothing got worse/);
    const [request] = rollouts.started;
    assert.deepEqual(
      [
        request!.service,
        request!.forSeconds,
        request!.changeId,
        request!.since,
        request!.environment,
        request!.by,
      ],
      ['checkout', 900, 'v2', NOW, 'production', 'ann'],
    );
  });

  it('fails with 11 and what to do next, cannot tell with 12', async () => {
    const nextActions = [
      { title: 'Roll back', command: 'kubectl rollout undo', risk: 'reversible' as const, expect: 'ok' },
    ];
    const diagnosis = { ...aDiagnosis(), nextActions };
    const failed = fakeRollouts([
      { verdict: 'fail', reason: 'confirmed: code-change at checkout', diagnosis },
    ]);
    const run = await faultline('guard --service checkout', { rollouts: failed });
    assert.equal(run.code, 11);
    assert.match(
      run.out,
      /fail: checkout: confirmed: code-change at checkout\nNext: Roll back: kubectl rollout undo/,
    );
    const unclear = fakeRollouts([
      { verdict: 'cannot-tell', reason: 'nothing was read', untold: ['github: refused'] },
    ]);
    const { code, out } = await faultline('guard --service checkout --json', { rollouts: unclear });
    assert.equal(code, 12);
    assert.equal((JSON.parse(out) as { verdict: string }).verdict, 'cannot-tell');
  });

  it('starts and leaves with --detach, and follows one that watches already', async () => {
    const detached = await faultline('guard --service checkout --detach', { rollouts: fakeRollouts([]) });
    assert.deepEqual([detached.code, detached.out], [0, 'Started guard/production/checkout\n']);
    const joined = fakeRollouts([{ verdict: 'pass', reason: 'ok' }], true);
    const { out } = await faultline('guard --service checkout', { rollouts: joined });
    assert.match(out, /^guard\/production\/checkout watches already/);
  });

  it('refuses a time and a commit that it cannot use', async () => {
    for (const options of ['--for 10', '--for 13h', '--for soon', '--commit checkout@abc']) {
      const { code, err } = await faultline(`guard --service checkout ${options}`);
      assert.equal(code, 2, options);
      assert.match(err, /Expected (a time from 1m to 12h|owner\/name@sha)/);
    }
  });
});
