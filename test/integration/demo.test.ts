import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { needs } from '../support/needs.js';

/** Runs a demo as `npm run` does, but in a folder of its own; answers what it printed when it has ended by itself. */
async function demo(
  script: string,
  args: string[],
): Promise<{ output: string; exitCode: number | undefined }> {
  const program = fileURLToPath(new URL(`../../workers/demo/${script}.ts`, import.meta.url));
  const cwd = await mkdtemp(join(tmpdir(), 'faultline-demo-'));
  try {
    const { all, exitCode } = await execa(
      'node',
      ['--import', import.meta.resolve('tsx'), program, ...args],
      {
        cwd,
        all: true,
        reject: false,
        env: { NO_COLOR: '1' },
      },
    );
    const report = /^Report +(\S+)$/m.exec(all)?.[1] ?? '';
    assert.ok(existsSync(report), `expected the path of the report file, saw\n${all}`);
    const page = /^Page +(\S+)$/m.exec(all)?.[1] ?? '';
    assert.ok(existsSync(page), `expected the path of the page, saw\n${all}`);
    return { output: all, exitCode };
  } finally {
    await rm(cwd, { recursive: true });
  }
}

describe('what a newcomer runs first', () => {
  it('npm run demo -- --once tells the cause of the recorded incident and ends', async function () {
    this.timeout(90_000);
    const { output, exitCode } = await demo('main', ['--once']);
    assert.equal(exitCode, 0, output);
    assert.match(output, /cause: payment/i);
    assert.match(output, /^Broken: {2}payment[\s\S]*^The (diagnosis|service) is right/m);
    assert.match(output, /^Temporal run +http:\/\/\S+\/namespaces\/default\/workflows\/incident%2F/m);
  });

  it('npm run demo:live breaks the real shop and names the injected cause', async function () {
    this.timeout(400_000);
    // The live shop shares the machine with the suite: on a busy one its own alerts fire too.
    this.retries(1);
    needs(this, 'prometheus', 'prometheus-alertmanager');
    const { output, exitCode } = await demo('live', ['--fault', 'payment-latency', '--calm', '90', '--once']);
    assert.equal(exitCode, 0, output);
    assert.match(output, /No alert fires\. Injected payment-latency[\s\S]*The diagnosis is right\./);
  });

  it('says which faults there are when it is asked for another', async () => {
    const program = fileURLToPath(new URL('../../workers/demo/live.ts', import.meta.url));
    const { exitCode, stderr } = await execa(
      'node',
      ['--import', import.meta.resolve('tsx'), program, '--fault', 'payment-hiccup'],
      { reject: false },
    );
    assert.equal(exitCode, 2);
    assert.match(stderr, /--fault: expected <service>-<.*--list names the faults/);
  });
});
