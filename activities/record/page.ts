import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';
import type { IncidentRecord } from '../../model/incident.js';
import type { PageTask } from './draw-page.js';

/** Makes the page of a record. */
export type MakePage = (record: IncidentRecord) => Promise<string>;

/** Drawing takes part of a second; far beyond it something is wrong. */
const DEADLINE_MS = 60_000;

/** Draws pages in a thread: a worker's event loop beats and polls meanwhile. `close` ends it. */
export function startPageThread(storeDirectory: string): { make: MakePage; close: () => Promise<void> } {
  // From a checkout the thread is TypeScript and needs the same loader as its parent.
  const source = import.meta.url.endsWith('.ts');
  const thread = new Piscina<PageTask, string>({
    filename: new URL(source ? './page-thread.ts' : './page-thread.js', import.meta.url).href,
    execArgv: source ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [],
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: 60_000,
  });
  return {
    make: (record) => thread.run({ storeDirectory, record }, { signal: AbortSignal.timeout(DEADLINE_MS) }),
    close: () => thread.destroy(),
  };
}
