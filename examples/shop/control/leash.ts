import { execa, ExecaError, type Options, type ResultPromise } from 'execa';

/**
 * Runs a program until it ends or until our end of its stdin closes, which the system does for us however we
 * die: no server outlives the shop.
 */
const LEASH = `
exec 3<&0
"$0" "$@" </dev/null 3<&- &
program=$!
(cat <&3 >/dev/null; kill -s "$LEASH_SIGNAL" "$program" 2>/dev/null) &
wait "$program"
`;

/**
 * Starts a server that ends with us.
 * @param signal by which it is ended
 */
export function onLeash(
  program: string,
  args: readonly string[],
  options: Options,
  signal: 'TERM' | 'INT' = 'TERM',
): ResultPromise {
  const all: Options = { ...options, stdin: 'pipe', env: { LEASH_SIGNAL: signal } };
  return execa('sh', ['-c', LEASH, program, ...args], all);
}

/** Ends a server that was started on a leash. */
export async function letGo(program: ResultPromise): Promise<void> {
  program.stdin?.end();
  await program.catch(() => undefined);
}

/** @throws when none of the names is a program on PATH; says how to install it. */
export async function findProgram(names: readonly string[], installLine: string): Promise<string> {
  for (const name of names) {
    try {
      await execa(name, ['--version']);
      return name;
    } catch (error) {
      if (!(error instanceof ExecaError) || error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`${names.join(' or ')}: not found on PATH; install it with: ${installLine}`);
}
