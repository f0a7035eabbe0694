import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Reads until its standard input ends. A line means that the server is already gone; an end without one means
 * that the process at the other end of the pipe died, by whatever signal: then the server is ended too.
 */
const GUARD = `
if read -r _; then exit 0; fi
kill -TERM "$1" 2>/dev/null
for _ in 1 2 3 4 5 6; do sleep 0.5; kill -0 "$1" 2>/dev/null || exit 0; done
kill -KILL "$1" 2>/dev/null`;

/**
 * Ties a child's life to ours, even against SIGKILL, which leaves us no last word: a tiny shell holds the read
 * end of a pipe that the kernel closes when we die. Returns the function that unties (the child has ended).
 *
 * Windows has no such shell; there the child ends with us on every orderly exit, by execa's own clean-up.
 */
export function tether(pid: number): () => void {
  if (process.platform === 'win32') return () => undefined;
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own session: Ctrl-C at the terminal must not end the guard before it has done its work.
    detached: true,
  });
  // The guard may be gone already when we untie; that is no news.
  guard.stdin.on('error', () => undefined);
  guard.on('error', () => undefined);
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => guard.stdin.end('untied\n');
}
