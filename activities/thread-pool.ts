import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';

/** Threads that nobody needed for so long end. */
const IDLE_MS = 60_000;

/**
 * Threads for work that would keep the event loop from beating and polling. `module` is the thread's entry beside the
 * caller, without its ending: `new URL('./thread', import.meta.url)`. From a checkout it is TypeScript and needs the
 * same loader as its parent.
 */
export function threadPool<Task, Answer>(module: URL, maxThreads: number): Piscina<Task, Answer> {
  const isSource = import.meta.url.endsWith('.ts');
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return new Piscina<Task, Answer>({
    filename: `${module.href}${isSource ? '.ts' : '.js'}`,
    execArgv: isSource ? ['--import', loader()] : [],
    minThreads: 0,
    maxThreads,
    idleTimeout: IDLE_MS,
  });
}
