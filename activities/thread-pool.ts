import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';
import PQueue from 'p-queue';

/** Threads that were not needed for so long end. */
const IDLE_MS = 60_000;

/** A task took longer than it may. */
export class TaskTimeout extends Error {
  override readonly name = 'TaskTimeout';
}

export interface TaskOptions {
  /** Cancels the task, also while it waits. */
  signal?: AbortSignal;
  /** How long the task may take, milliseconds from when it has a thread. @default no limit */
  timeoutMs?: number;
}

/** Threads for work that would keep the event loop from heartbeating and polling. */
export interface ThreadPool<Task, Answer> {
  /**
   * Runs a task as soon as a thread is free. The time that it waits for one is no part of its limit.
   *
   * @throws TaskTimeout; the signal's reason or an AbortError when cancelled
   */
  run(task: Task, options?: TaskOptions): Promise<Answer>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/**
 * Starts a pool. `module` is the thread's entry beside the caller, without its ending:
 * `new URL('./thread', import.meta.url)`. From a checkout it is TypeScript and needs the same loader as its parent.
 */
export function threadPool<Task, Answer>(module: URL, maxThreads: number): ThreadPool<Task, Answer> {
  const isSource = import.meta.url.endsWith('.ts');
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const threads = new Piscina<Task, Answer>({
    filename: `${module.href}${isSource ? '.ts' : '.js'}`,
    execArgv: isSource ? ['--import', loader()] : [],
    minThreads: 0,
    maxThreads,
    idleTimeout: IDLE_MS,
  });
  // Piscina has a queue of its own but does not say when a task leaves it.
  const queue = new PQueue({ concurrency: maxThreads });
  return {
    run: (task, { signal, timeoutMs } = {}) =>
      queue.add(
        async () => {
          const limit = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs);
          const signals = [signal, limit].filter((one) => one != null);
          try {
            return await threads.run(task, { signal: AbortSignal.any(signals) });
          } catch (error) {
            if (limit?.aborted) throw new TaskTimeout(`given up after ${timeoutMs! / 1000} s`);
            throw error;
          }
        },
        signal ? { signal } : {},
      ),
    close: () => threads.destroy(),
  };
}
