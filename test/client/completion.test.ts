import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const PROGRAM = ['--import', 'tsx', fileURLToPath(new URL('../../workers/faultline.ts', import.meta.url))];
const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:9' };

describe('shell completion', function () {
  this.timeout(60_000);

  async function suggestions(...words: string[]): Promise<string[]> {
    const { stdout } = await execa(process.execPath, [...PROGRAM, 'complete', '--', ...words], {
      env: NOWHERE,
    });
    return stdout
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => line.split('\t')[0] ?? '');
  }

  it('offers commands, options and the words that an option takes', async () => {
    assert.deepEqual(await suggestions('re'), ['rerun', 'report', 'rebuild-record']);
    assert.deepEqual(await suggestions('watches', ''), ['list', 'test']);
    assert.deepEqual(await suggestions('start', '--s'), ['--service', '--symptom', '--since', '--severity']);
    assert.deepEqual(await suggestions('start', '--severity', ''), ['critical', 'warning', 'info']);
    assert.deepEqual(await suggestions('completion', 'z'), ['zsh']);
    assert.deepEqual(await suggestions('show', ''), [], 'no incidents where Temporal does not answer');
  });

  for (const shell of ['bash', 'zsh', 'fish']) {
    const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
    (isThere ? it : it.skip)(`prints a script that ${shell} can read`, async () => {
      const { stdout } = await execa(process.execPath, [...PROGRAM, 'completion', shell]);
      const { exitCode } = await execa(shell, ['-n'], { input: stdout, reject: false });
      assert.equal(exitCode, 0);
      assert.match(stdout, /faultline complete --/);
    });
  }
});
