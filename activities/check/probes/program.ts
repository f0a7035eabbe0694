import { execa } from 'execa';
import { z } from 'zod';
import { FAULT_KINDS } from '../../../model/choices.js';
import { CannotCheck } from './guard.js';
import type { Seen } from './probe.js';

/** More of what a program says is an error. */
const MOST_OUTPUT_BYTES = 64 * 1024;
const MOST_RESULTS = 20;

/** What a program answers to the question of a check. */
const results = z.strictObject({
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

/** A program that could not look says why. */
export const failure = z.strictObject({ error: z.string().min(1).max(500) });

/** A program of the user's own. */
export interface Program {
  /** Its name in messages. */
  name: string;
  file: string;
  args: readonly string[];
}

/** What a program saw, by the question that it is asked. Throws CannotCheck. */
export async function seenByProgram(
  program: Program,
  question: object,
  signal: AbortSignal,
): Promise<Seen[]> {
  const answer = await askProgram(program, question, z.union([failure, results]), signal);
  if ('error' in answer) throw new CannotCheck(`${program.name}: ${answer.error}`);
  return answer.results.map(({ outcome, ...seen }) => ({ ...seen, failed: outcome === 'failed' }));
}

/**
 * Runs a program: it reads a question as JSON from its standard input and writes an answer in JSON to its standard
 * output. It gets PATH alone of the worker's environment, and is killed when `signal` is aborted.
 *
 * @throws CannotCheck when it fails, says too much or something else than `form`; the message names the field
 */
export async function askProgram<T>(
  { name, file, args }: Program,
  question: object,
  form: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const result = await execa(file, args, {
    input: JSON.stringify(question),
    ...{ extendEnv: false, env: { PATH: process.env['PATH'] ?? '' } },
    ...{ cancelSignal: signal, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT_BYTES },
    ...{ stderr: 'ignore', reject: false },
  });
  signal.throwIfAborted();
  if (result.isMaxBuffer) throw new CannotCheck(`${name} said more than ${MOST_OUTPUT_BYTES / 1024} KiB`);
  if (result.failed) {
    const { exitCode, originalMessage } = result;
    const how = exitCode === undefined ? (originalMessage ?? 'unknown reason') : `exit code ${exitCode}`;
    throw new CannotCheck(`${name} failed: ${how}`);
  }
  let said: unknown;
  try {
    said = JSON.parse(result.stdout);
  } catch {
    throw new CannotCheck(`${name}: expected JSON on its standard output`);
  }
  const parsed = form.safeParse(said);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new CannotCheck(`${name}: ${issue.path.join('.')}: ${issue.message}`);
}
