import type { Probe } from './probe.js';
import { seenByProgram } from './program.js';

/** Runs a program of the user's own. */
export const commandProbe: Probe<'command'> = (check, { signal, timeoutMs }) => {
  const [file, ...args] = check.command as [string, ...string[]];
  const question = { check: check.id, service: check.service, timeoutMs };
  return seenByProgram({ name: file, file, args }, question, signal);
};
