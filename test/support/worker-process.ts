import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { LoadedConfig } from '../../config/load.js';

/** `faultline worker` as a process of its own, to be killed. */
export interface WorkerProcess {
  /** No grace, no goodbye. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;

/** Starts the worker as a user does, on a configuration file, and waits until it polls. */
export async function startWorkerProcess(
  loaded: LoadedConfig,
  temporal: { address: string; namespace: string },
): Promise<WorkerProcess> {
  const file = join(loaded.directory, 'faultline.yml');
  await writeFile(file, stringify(loaded.config));
  const program = fileURLToPath(new URL('../../workers/faultline.ts', import.meta.url));
  const child = execa('node', ['--import', 'tsx', program, 'worker', '--config', file], {
    env: { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
    reject: false,
    all: true,
  });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the worker did not poll in time')), READY_TIMEOUT_MS);
    let said = '';
    child.all.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('worker polls for incidents')) return;
      clearTimeout(late);
      resolve();
    });
    void child.then((result) => {
      clearTimeout(late);
      reject(new Error(`the worker ended with ${result.exitCode ?? result.signal ?? 'nothing'}: ${said}`));
    });
  });
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await child;
  };
  return { kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}
