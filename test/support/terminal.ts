import { Writable } from 'node:stream';
import type { OutputStream } from '../../client/cli/output.js';

export interface FakeTerminal {
  stream: OutputStream;
  /** All that was written. */
  text(): string;
}

/** A stream that remembers what was written, as a terminal (`isTTY`) or as a pipe. */
export function fakeTerminal(options: { isTTY?: boolean; columns?: number } = {}): FakeTerminal {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, options), text: () => written.join('') };
}
