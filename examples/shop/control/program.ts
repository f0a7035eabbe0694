import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** The programs of the shop, each one file of plain JavaScript. */
export interface Programs {
  service: string;
  load: string;
}

/**
 * Packs the programs into one file each: a dozen processes start at once, and each would otherwise compile
 * some hundred files for itself.
 */
export function packPrograms(folder: string): Programs {
  const source = (name: string): string => fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
  buildSync({
    entryPoints: { service: source('service'), load: source('load') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'error',
    // Packages in CommonJS ask for built-ins by `require`, which a module does not have by itself.
    banner: {
      js: "import { createRequire as shopRequire } from 'node:module'; const require = shopRequire(import.meta.url);",
    },
  });
  return { service: path.join(folder, 'service.mjs'), load: path.join(folder, 'load.mjs') };
}

/** Starts a program as a child that knows its parent. What it says goes to the log file. */
export function forkProgram(
  program: string,
  argument: unknown,
  logFile: string,
  execArgv: string[] = [],
): ChildProcess {
  const log = openSync(logFile, 'a');
  try {
    return fork(program, [JSON.stringify(argument)], { execArgv, stdio: ['ignore', log, log, 'ipc'] });
  } finally {
    closeSync(log);
  }
}

/** Ends a child. Resolves when the system has buried it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
