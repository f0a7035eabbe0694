import { pino } from 'pino';
import { startDevServer } from '../../workers/dev/dev-server.js';
import { runDistinct } from './distinct.js';
import { runStorm } from './run-storm.js';

/*
 * `npm run bench:storm`: ten thousand alerts of three faults within a minute, while the worker is killed twice and the
 * Temporal server once. `-- --distinct`: five thousand alerts at once that have nothing in common. `-- --json` prints
 * one document and nothing else.
 */

/** Workflow tasks share one thread of a worker: while triage computes, no incident goes on. */
const ROUND_CPU_SECONDS = 0.3;

const isJson = process.argv.includes('--json');
const say = (line: string): void => {
  if (!isJson) process.stdout.write(`${line}\n`);
};

if (process.argv.includes('--distinct')) await distinct();
else await storm();

async function distinct(): Promise<void> {
  const server = await startDevServer({ log: pino({ level: 'silent' }), ui: false });
  try {
    const { address, namespace } = server;
    const result = await runDistinct({ address, namespace, incidents: 5_000, textBytes: 300 }, say);
    print(result);
    process.exitCode = result.opened === result.incidents && result.cpuOfRound < ROUND_CPU_SECONDS ? 0 : 1;
  } finally {
    await server.stop();
  }
}

async function storm(): Promise<void> {
  const result = await runStorm(
    {
      alerts: 10_000,
      services: 300,
      seconds: 60,
      workerDies: [0.2, 0.7],
      serverDies: [0.45],
      compared: { calls: 500, alerts: 10_000 },
    },
    say,
  );
  print(result);
  // One alert that is gone is one too many.
  process.exitCode = result.lost === 0 && result.accepted === result.sent && result.incidents <= 5 ? 0 : 1;
}

function print(result: object): void {
  if (isJson) process.stdout.write(`${JSON.stringify(result)}\n`);
  else
    for (const [name, value] of Object.entries(result)) process.stdout.write(`${name.padEnd(13)}${value}\n`);
}
