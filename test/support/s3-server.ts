import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import type { S3Config } from '../../config/store.js';
import { cacheDirectory } from '../../workers/dev/wheel.js';
import { uniqueName } from './dev-server.js';
import { skipOrFail } from './needs.js';

const VERSION = '1.2.0';
const PACKAGE = 'github.com/johannesboyne/gofakes3/cmd/gofakes3';
const BUCKET = 'faultline-test';
const READY_ATTEMPTS = 100;

let shared: Promise<string> | undefined;

/**
 * A real S3 server (gofakes3) that all test files of a process share; it is started at the first call and ends with the
 * process. Tests keep apart by prefixes of their own. It is built with Go once and kept in the cache; without Go the test is skipped. Give the hook
 * three minutes.
 * @returns the settings of a store of its own there
 */
export async function s3Store(test: Mocha.Context): Promise<S3Config> {
  const program = await findServer();
  if (program === null) skipOrFail(test, 'go', 'https://go.dev/doc/install (1.24 or newer)');
  shared ??= start(program!);
  return {
    endpoint: await shared,
    region: 'us-east-1',
    bucket: BUCKET,
    prefix: `${uniqueName('store')}/`,
    pathStyle: true,
    accessKeyId: 'test',
    secretAccessKey: 'secret-of-the-test',
    timeoutSeconds: 10,
  };
}

async function start(program: string): Promise<string> {
  const port = await getPort({ host: '127.0.0.1' });
  const endpoint = `http://127.0.0.1:${port}`;
  const flags = ['-backend', 'memory', '-initialbucket', BUCKET, '-host', `127.0.0.1:${port}`];
  const child = spawn(program, flags, { stdio: 'ignore' });
  process.once('exit', () => child.kill());
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(endpoint).catch(() => null);
    if (answer?.ok) return endpoint;
    if (attempt === READY_ATTEMPTS) throw new Error(`the S3 server at ${endpoint} did not start`);
    await sleep(100);
  }
}

/** The server's program, built when it is not in the cache; null without Go. */
async function findServer(): Promise<string | null> {
  const program = join(cacheDirectory(), `gofakes3-${VERSION}`);
  if (existsSync(program)) return program;
  if ((await execa('go', ['version'], { reject: false })).failed) return null;
  await mkdir(cacheDirectory(), { recursive: true });
  const cwd = await mkdtemp(join(cacheDirectory(), 'build-'));
  try {
    await execa('go', ['mod', 'init', 'server'], { cwd });
    await execa('go', ['get', '-tool', `${PACKAGE}@v${VERSION}`], { cwd });
    await execa('go', ['build', '-o', 'program', PACKAGE], { cwd });
    await rename(join(cwd, 'program'), program);
  } finally {
    await rm(cwd, { recursive: true });
  }
  return program;
}
