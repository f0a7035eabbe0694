/*
 * The child process that holds a module with checks of one's own: `node module-child.js FILE`. It reads a question from
 * its standard input and writes one answer in JSON to its standard output, as any program does that is a check; what
 * the module itself prints goes to standard error.
 */
import { register } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Check } from '../define-check.js';

/** `check` is null to ask what checks there are. */
export interface ModuleQuestion {
  check: string | null;
  service: string;
  timeoutMs: number;
  settings: Record<string, string>;
}

const say = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

/** `faultline` is this installation, wherever the module lies. */
function resolveOwnName(): void {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const url = JSON.stringify(new URL(`../define-check.${ending}`, import.meta.url).href);
  const hook = `export const resolve = (name, context, next) => next(name === 'faultline' ? ${url} : name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

async function answerTo({ check: id, service, timeoutMs, settings }: ModuleQuestion): Promise<object> {
  const module = (await import(pathToFileURL(process.argv[2]!).href)) as { default?: unknown };
  const checks = (Array.isArray(module.default) ? module.default : [module.default]) as (Check | undefined)[];
  if (id === null) return { checks: checks.map((one) => (one == null ? null : described(one))) };
  const check = checks.find((one) => one?.id === id)!;
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await check.ask({ service, settings, timeoutMs, signal });
  const outcome = check.isTrouble(answer) ? 'failed' : 'passed';
  return { results: [{ outcome, statement: check.statement(answer), speaksFor: check.speaksFor ?? null }] };
}

/** What the answer may hold of an error. */
const LONGEST_REASON = 500;

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return reason === '' ? 'an error without a message' : reason;
}

/** Functions as the word `function`: that is all that others need to know. */
function described(check: Check): object {
  return Object.fromEntries(
    Object.entries(check).map(([name, value]) => [
      name,
      typeof value === 'function' ? 'function' : (value as unknown),
    ]),
  );
}

resolveOwnName();
const question = JSON.parse(await text(process.stdin)) as ModuleQuestion;
let answer: object;
try {
  answer = await answerTo(question);
} catch (error) {
  answer = { error: reasonOf(error).slice(0, LONGEST_REASON) };
}
// What the module left open must not keep the process alive.
say(JSON.stringify(answer), () => process.exit(0));
