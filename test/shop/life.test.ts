import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { startShop } from '../../examples/shop/index.js';

const MAIN = fileURLToPath(new URL('../../examples/shop/main.ts', import.meta.url));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What the pattern's group matches in the output, as soon as it does. */
function saidBy(stdout: Readable, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const said = pattern.exec(output)?.[1];
      if (said !== undefined) resolve(said);
    });
    stdout.on('end', () => {
      reject(new Error(`the program ended and said only: ${output}`));
    });
  });
}

async function untilDead(pids: number[]): Promise<void> {
  const deadline = Date.now() + 5000;
  while (pids.some(isAlive) && Date.now() < deadline) await sleep(50);
  assert.deepEqual(pids.filter(isAlive), []);
}

describe('the life of the shop', function () {
  this.timeout(40_000);

  it('leaves no process behind when it stops, even in the middle of a fault', async () => {
    const runDir = await mkdtemp(path.join(os.tmpdir(), 'shop-life-'));
    const shop = await startShop({ runDir, monitoring: false });
    const pids = Object.values(shop.pids()).flat();
    assert.equal(pids.length, 13);
    assert.ok(pids.every(isAlive));
    await shop.inject('catalog-cpu');
    await shop.stop();
    await untilDead(pids);
    await rm(runDir, { recursive: true, force: true });
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves no process behind when its parent gets a ${signal}`, async () => {
      const parent = execa(process.execPath, ['--import', 'tsx', MAIN, '--no-monitoring'], { reject: false });
      const processesUrl = await saidBy(parent.stdout, /^processes +(\S+)$/m);
      const byRole = (await (await fetch(processesUrl)).json()) as Record<string, number[]>;
      const pids = Object.values(byRole).flat();
      assert.equal(pids.length, 13);
      parent.kill(signal);
      await parent;
      await untilDead(pids);
    });
  }
});
