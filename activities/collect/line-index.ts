import { open, type FileHandle } from 'node:fs/promises';

/** Bytes of one part of a file: what is read and forgotten at once where none of its lines is wanted. */
const PART_BYTES = 256 * 1024;
/** Files whose parts are remembered; a process reads some few. The one that was asked longest ago is forgotten. */
const MAX_FILES = 16;
const TAIL_BYTES = 64;
const NEWLINE = 0x0a;

/** Some whole lines of a file, with the first and the last moment that they tell; unix seconds. */
interface Part {
  offset: number;
  length: number;
  first: number;
  last: number;
}

/** What is known of a file: the times of its parts up to `end`. */
interface Known {
  inode: number;
  end: number;
  /** The last bytes before `end`: a file that was written anew has others there. */
  tail: Buffer;
  parts: Part[];
}

/** The moments that a text tells, unix seconds, found without parsing it. */
export type MomentsIn = (text: string) => Iterable<number>;

/**
 * Which parts of files of lines hold which time. A file is scanned once, and later only what was written to it since:
 * a look reads the parts of its window alone.
 */
export class LineIndex {
  private readonly known = new Map<string, Known>();

  constructor(private readonly momentsIn: MomentsIn) {}

  /**
   * The lines of a file that may tell of a time: all that do, and their neighbours in the file. The last line may be
   * half written.
   * @throws what the file system throws, and the signal's reason
   */
  async *lines(
    file: string,
    { from, until }: { from: number; until: number },
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const handle = await open(file);
    try {
      const { parts, end } = await this.upToDate(file, handle, signal);
      for (const part of parts) {
        if (part.last < from || part.first > until) continue;
        signal.throwIfAborted();
        yield* (await textOf(handle, part.offset, part.length)).trimEnd().split('\n');
      }
      const { size } = await handle.stat();
      if (size > end) yield* (await textOf(handle, end, size - end)).trimEnd().split('\n');
    } finally {
      await handle.close();
    }
  }

  private async upToDate(file: string, handle: FileHandle, signal: AbortSignal): Promise<Known> {
    const { ino: inode, size } = await handle.stat();
    const before = this.known.get(file);
    const isSame = before !== undefined && before.inode === inode && (await grewFrom(before, handle));
    const parts = isSame ? [...before.parts] : [];
    let end = isSame ? before.end : 0;
    for (let length = PART_BYTES; end < size;) {
      signal.throwIfAborted();
      const bytes = await bytesOf(handle, end, Math.min(length, size - end));
      const whole = bytes.lastIndexOf(NEWLINE) + 1;
      if (whole === 0 && end + bytes.length >= size) break;
      // A line that is longer than a part is read with as much more as it takes.
      length = whole === 0 ? 2 * length : PART_BYTES;
      if (whole === 0) continue;
      parts.push(this.partOf(bytes.subarray(0, whole), end));
      end += whole;
    }
    const tail = await bytesOf(handle, Math.max(0, end - TAIL_BYTES), Math.min(end, TAIL_BYTES));
    const now = { inode, end, tail, parts };
    this.known.delete(file);
    this.known.set(file, now);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= MAX_FILES) break;
      this.known.delete(oldest);
    }
    return now;
  }

  /** Lines that tell no time at all belong to every time: whoever reads them says what is wrong with them. */
  private partOf(bytes: Buffer, offset: number): Part {
    let [first, last] = [Infinity, -Infinity];
    for (const moment of this.momentsIn(bytes.toString('latin1'))) {
      first = Math.min(first, moment);
      last = Math.max(last, moment);
    }
    if (first > last) [first, last] = [-Infinity, Infinity];
    return { offset, length: bytes.length, first, last };
  }
}

/** Whether a file is what it was, but for what was written behind it. */
async function grewFrom({ end, tail }: Known, handle: FileHandle): Promise<boolean> {
  return tail.equals(await bytesOf(handle, end - tail.length, tail.length));
}

async function textOf(handle: FileHandle, offset: number, length: number): Promise<string> {
  return (await bytesOf(handle, offset, length)).toString('utf8');
}

/** Less than was asked for when the file became shorter meanwhile. */
async function bytesOf(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
