import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';

const FOLDER = fileURLToPath(new URL('../histories/', import.meta.url));

/**
 * With FAULTLINE_RECORD_HISTORIES set, keeps the history of a run that a test has just made, under `name`, for
 * replay.test.ts. An existing file is not replaced. Until a version is released, delete the files and record them again
 * when workflow code changes what it does; what a released version recorded must replay for ever.
 */
export async function keepHistory(handle: WorkflowHandle, name: string): Promise<void> {
  if (!process.env['FAULTLINE_RECORD_HISTORIES']) return;
  await mkdir(FOLDER, { recursive: true });
  // Stack traces in failures name files of the machine that recorded them.
  const json = historyToJSON(await handle.fetchHistory())
    .replaceAll(process.cwd(), '/faultline')
    .replaceAll(tmpdir(), '/var/lib');
  await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(JSON.parse(json))}\n`, { flag: 'wx' });
}

/** The recorded histories by name. */
export async function recordedHistories(): Promise<{ name: string; history: unknown }[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: file.replace(/\.json$/, ''),
      history: JSON.parse(await readFile(join(FOLDER, file), 'utf8')) as unknown,
    })),
  );
}
