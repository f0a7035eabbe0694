import { setTimeout as sleep } from 'node:timers/promises';

/** Entry of a thread that takes as long as it is told, and answers with that. */
export default async function sleepInThread({ ms }: { ms: number }): Promise<number> {
  await sleep(ms);
  return ms;
}
