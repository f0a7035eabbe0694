import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const PROGRAM = fileURLToPath(new URL('../../workers/faultline.ts', import.meta.url));

/** What costs a start tenths of a second, and only actions need. */
const HEAVY = /node_modules\/(@temporalio|@grpc|zod|fastify|axios|pino|piscina|yaml|@observablehq|preact)\//;

describe('a start of the command line', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-start-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** The packages of `HEAVY` that a command loads. */
  async function heavyPackages(...args: string[]): Promise<string[]> {
    // The coverage that Node writes names every script that was loaded, in all forms of modules.
    await execa(process.execPath, ['--import', 'tsx', PROGRAM, ...args], {
      env: { NODE_V8_COVERAGE: directory },
      reject: false,
    });
    const found = new Set<string>();
    for (const file of await readdir(directory)) {
      const { result } = JSON.parse(await readFile(join(directory, file), 'utf8')) as {
        result: { url: string }[];
      };
      for (const { url } of result) {
        const [, name] = HEAVY.exec(url) ?? [];
        if (name !== undefined) found.add(name);
      }
    }
    return [...found].sort();
  }

  for (const command of ['--version', '--help', 'list --help', 'start --help', 'worker --help']) {
    it(`loads no client of Temporal and nothing else that is heavy for ${command}`, async () => {
      assert.deepEqual(await heavyPackages(...command.split(' ')), []);
    });
  }

  it('loads them when an action needs them', async () => {
    assert.ok((await heavyPackages('config', 'show')).includes('zod'));
  });
});
