#!/usr/bin/env node
// Ends with 0 when the worker or the receiver of this container is ready, else with 1 and the reason: a health check
// that loads none of the program. Addresses to ask instead of the default ones may be given as arguments.
import { argv, exit, stderr } from 'node:process';

const WORKER = 'http://127.0.0.1:8091/readyz';
const RECEIVER = 'http://127.0.0.1:8090/readyz';
const TIMEOUT_MS = 4000;

const addresses = argv.length > 2 ? argv.slice(2) : [WORKER, RECEIVER];
const results = await Promise.all(
  addresses.map(async (address) => {
    try {
      const answer = await globalThis.fetch(address, { signal: globalThis.AbortSignal.timeout(TIMEOUT_MS) });
      return answer.ok ? null : `${address}: ${answer.status} ${await answer.text()}`;
    } catch (error) {
      return `${address}: ${error.cause?.code ?? error.name}`;
    }
  }),
);
if (results.includes(null)) exit(0);
stderr.write(`${results.join('\n')}\n`);
exit(1);
