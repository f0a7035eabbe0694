import { execa } from 'execa';
import { z } from 'zod';
import { FAULT_KINDS } from '../../../model/choices.js';
import { CannotCheck } from './guard.js';
import type { Probe } from './probe.js';

/** More of what a command says is an error. */
const MOST_OUTPUT_BYTES = 64 * 1024;
const MOST_RESULTS = 20;

const answer = z.strictObject({
  results: z
    .array(
      z.strictObject({
        aspect: z.string().min(1).max(60).optional(),
        outcome: z.enum(['passed', 'failed']),
        statement: z.string().min(1).max(500),
        speaksFor: z.enum(FAULT_KINDS).nullable().default(null),
      }),
    )
    .min(1)
    .max(MOST_RESULTS),
});

/**
 * Runs a program of the user's own: it reads a question as JSON and answers in JSON. It gets PATH alone of the worker's
 * environment, and is killed when its time is over.
 */
export const commandProbe: Probe<'command'> = async (check, { signal, timeoutMs }) => {
  const [file, ...args] = check.command as [string, ...string[]];
  const result = await execa(file, args, {
    input: JSON.stringify({ check: check.id, service: check.service, timeoutMs }),
    ...{ extendEnv: false, env: { PATH: process.env['PATH'] ?? '' } },
    ...{ cancelSignal: signal, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT_BYTES },
    ...{ stderr: 'ignore', reject: false },
  });
  signal.throwIfAborted();
  if (result.isMaxBuffer) throw new CannotCheck(`${file} said more than ${MOST_OUTPUT_BYTES / 1024} KiB`);
  if (result.failed) {
    const { exitCode, originalMessage } = result;
    const how = exitCode === undefined ? (originalMessage ?? 'unknown reason') : `exit code ${exitCode}`;
    throw new CannotCheck(`${file} failed: ${how}`);
  }
  let said: unknown;
  try {
    said = JSON.parse(result.stdout);
  } catch {
    throw new CannotCheck(`${file}: expected JSON on its standard output`);
  }
  const parsed = answer.safeParse(said);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new CannotCheck(`${file}: ${issue.path.join('.')}: ${issue.message}`);
  }
  return parsed.data.results.map(({ outcome, ...seen }) => ({ ...seen, failed: outcome === 'failed' }));
};
