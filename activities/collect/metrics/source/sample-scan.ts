import { setImmediate } from 'node:timers/promises';

/*
 * The rows of a range answer, `[[1700000000,"0.25"],[1700000015,"NaN"], ...]`, read straight from the bytes into
 * typed arrays. JSON.parse would make three objects of every sample, and an answer has millions of them.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

const COLON = 0x3a;
const SPACE = 0x20;

const VALUES_KEY = Buffer.from('"values"');

/** After so many bytes the event loop has its turn: heartbeats go on, and other answers are read. */
const SLICE_BYTES = 1024 * 1024;

/** Rows of one series. No server gives so many points at a time (Prometheus 11,000, VictoriaMetrics 30,000). */
const MAX_ROWS = 100_000;

/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Decimal digits that a double always holds exactly. */
const EXACT_DIGITS = 15;

export interface Samples {
  times: Float64Array;
  values: Float64Array;
}

/** An answer without its rows: `json` has `"values":<index into rows>` where they were. */
export interface Scanned {
  json: string;
  rows: Samples[];
}

/**
 * Cuts the sample rows out of an answer's body, whatever its white space. Rows are recognised by their key, which is
 * a string before a colon, so a label may hold any text.
 *
 * @throws SyntaxError when a row is not a pair of a number and a quoted number
 */
export async function scanSamples(body: Buffer): Promise<Scanned> {
  const kept: string[] = [];
  const rows: Samples[] = [];
  const scratch = new Scratch();
  let copied = 0;
  let sliceEnd = SLICE_BYTES;
  for (let at = 0; at < body.length;) {
    if (at >= sliceEnd) {
      await setImmediate();
      sliceEnd = at + SLICE_BYTES;
    }
    if (body[at] !== QUOTE) {
      at++;
      continue;
    }
    const start = startOfRows(body, at);
    if (start === null) {
      at = endOfString(body, at);
      continue;
    }
    const scan = readRows(body, start, scratch);
    kept.push(body.toString('utf8', copied, start), String(rows.length));
    rows.push(scan.samples);
    at = copied = scan.end;
  }
  kept.push(body.toString('utf8', copied));
  return { json: kept.join(''), rows };
}

/** Where the rows begin when the key of rows is at `at`; null when something else is. */
function startOfRows(body: Buffer, at: number): number | null {
  const end = at + VALUES_KEY.length;
  if (end > body.length || body.compare(VALUES_KEY, 0, VALUES_KEY.length, at, end) !== 0) return null;
  const colon = afterSpace(body, end);
  if (body[colon] !== COLON) return null;
  const start = afterSpace(body, colon + 1);
  return body[start] === OPEN ? start : null;
}

/** JSON's white space is four characters, all up to the space; the others of those are not valid JSON. */
function afterSpace(body: Buffer, at: number): number {
  while (at < body.length && body[at]! <= SPACE) at++;
  return at;
}

/** The position after a string that begins at `at`. */
function endOfString(body: Buffer, at: number): number {
  for (at++; at < body.length; at++) {
    if (body[at] === BACKSLASH) at++;
    else if (body[at] === QUOTE) return at + 1;
  }
  return at;
}

/** Reads the rows of one series, `start` being their opening bracket. */
function readRows(body: Buffer, start: number, scratch: Scratch): { samples: Samples; end: number } {
  const cursor = new Cursor(body, start);
  let count = 0;
  cursor.expect(OPEN);
  if (!cursor.skip(CLOSE)) {
    do {
      if (count === MAX_ROWS) throw new SyntaxError(`sample rows: expected at most ${MAX_ROWS} of a series`);
      if (count === scratch.times.length) scratch.grow();
      cursor.expect(OPEN);
      scratch.times[count] = cursor.number(COMMA);
      cursor.expect(COMMA);
      cursor.expect(QUOTE);
      scratch.values[count++] = cursor.number(QUOTE);
      cursor.expect(QUOTE);
      cursor.expect(CLOSE);
    } while (cursor.skip(COMMA));
    cursor.expect(CLOSE);
  }
  const samples = { times: scratch.times.slice(0, count), values: scratch.values.slice(0, count) };
  return { samples, end: cursor.at };
}

/** Room for the rows of one series after the other: each keeps a copy of just its length. */
class Scratch {
  times = new Float64Array(1024);
  values = new Float64Array(1024);

  grow(): void {
    this.times = grown(this.times);
    this.values = grown(this.values);
  }
}

function grown(array: Float64Array): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(array.length * 2);
  wider.set(array);
  return wider;
}

class Cursor {
  constructor(
    private readonly body: Buffer,
    public at: number,
  ) {}

  /** Moves behind the byte, which must be the next but white space. */
  expect(byte: number): void {
    this.skipSpace();
    if (this.body[this.at] !== byte) {
      const expected = String.fromCharCode(byte);
      const got = this.at < this.body.length ? `'${String.fromCharCode(this.body[this.at]!)}'` : 'the end';
      throw new SyntaxError(`sample rows: expected '${expected}' at byte ${this.at}, got ${got}`);
    }
    this.at++;
  }

  /** Moves behind the byte if it is the next but white space. */
  skip(byte: number): boolean {
    this.skipSpace();
    if (this.body[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    if (this.body[this.at]! <= SPACE) this.at = afterSpace(this.body, this.at);
  }

  /**
   * The number up to `stop`. Up to 15 digits with at most 22 decimals are one exact division (Clinger, "How to read
   * floating point numbers accurately", PLDI 1990); the rest is left to the language.
   */
  number(stop: number): number {
    const { body } = this;
    if (stop !== QUOTE) this.skipSpace();
    const start = this.at;
    let at = start;
    const negative = body[at] === MINUS;
    if (negative) at++;
    let mantissa = 0;
    let digits = 0;
    let decimals = -1;
    for (; ; at++) {
      const byte = body[at];
      if (byte !== undefined && byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        digits++;
        if (decimals >= 0) decimals++;
      } else if (byte === DOT && decimals < 0) {
        decimals = 0;
      } else {
        break;
      }
    }
    if (body[at] === stop && digits > 0 && digits <= EXACT_DIGITS) {
      this.at = at;
      const value = decimals > 0 ? mantissa / POWERS_OF_TEN[decimals]! : mantissa;
      return negative ? -value : value;
    }
    return this.uncommonNumber(start, stop);
  }

  private uncommonNumber(start: number, stop: number): number {
    let end = start;
    while (end < this.body.length && this.body[end] !== stop && end - start < 40) end++;
    const text = this.body.toString('latin1', start, end).trimEnd();
    this.at = end;
    if (text === 'NaN') return NaN;
    if (text === '+Inf' || text === 'Inf') return Infinity;
    if (text === '-Inf') return -Infinity;
    const value = Number(text);
    if (text === '' || Number.isNaN(value)) {
      throw new SyntaxError(`sample rows: expected a number at byte ${start}, got '${text}'`);
    }
    return value;
  }
}
