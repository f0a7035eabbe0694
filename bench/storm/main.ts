import { runStorm } from './run-storm.js';

/*
 * `npm run bench:storm`: ten thousand alerts of three faults within a minute, while the worker is killed twice and the
 * Temporal server once. `-- --json` prints one document and nothing else.
 */

const isJson = process.argv.includes('--json');
const result = await runStorm(
  {
    alerts: 10_000,
    services: 300,
    seconds: 60,
    workerDies: [0.2, 0.7],
    serverDies: [0.45],
    compared: { calls: 500, alerts: 10_000 },
  },
  (line) => {
    if (!isJson) process.stdout.write(`${line}\n`);
  },
);
process.stdout.write(
  isJson
    ? `${JSON.stringify(result)}\n`
    : `${Object.entries(result)
        .map(([name, value]) => `${name.padEnd(10)}${value}`)
        .join('\n')}\n`,
);
// One alert that is gone is one too many.
process.exitCode = result.lost === 0 && result.accepted === result.sent && result.incidents <= 5 ? 0 : 1;
