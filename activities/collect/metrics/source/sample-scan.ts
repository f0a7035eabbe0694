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

const VALUES_KEY = Buffer.from('"values":');

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
 * Cuts the sample rows out of an answer's body. Rows are recognised by their key outside strings, so a label may
 * say what it likes. Throws a `SyntaxError` when a row is not a pair of a number and a quoted number.
 */
export function scanSamples(body: Buffer): Scanned {
  const kept: string[] = [];
  const rows: Samples[] = [];
  let copied = 0;
  for (let at = 0; at < body.length;) {
    if (body[at] !== QUOTE) {
      at++;
    } else if (isRowsKey(body, at)) {
      const start = at + VALUES_KEY.length;
      const scan = readRows(body, start);
      kept.push(body.toString('utf8', copied, start), String(rows.length));
      rows.push(scan.samples);
      at = copied = scan.end;
    } else {
      at = endOfString(body, at);
    }
  }
  kept.push(body.toString('utf8', copied));
  return { json: kept.join(''), rows };
}

function isRowsKey(body: Buffer, at: number): boolean {
  const end = at + VALUES_KEY.length;
  return body[end] === OPEN && body.compare(VALUES_KEY, 0, VALUES_KEY.length, at, end) === 0;
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
function readRows(body: Buffer, start: number): { samples: Samples; end: number } {
  const cursor = new Cursor(body, start);
  const close = body.indexOf(']]', start, 'latin1');
  if (close < 0) return { samples: emptyRows(cursor), end: cursor.at };
  // A row is at least 16 bytes long (`[1700000000,"0"]`), commonly 25: one growth is the exception.
  let times = new Float64Array(Math.ceil((close - start) / 20) + 1);
  let values = new Float64Array(times.length);
  let count = 0;
  cursor.expect(OPEN);
  if (!cursor.skip(CLOSE)) {
    do {
      if (count === times.length) {
        times = grown(times);
        values = grown(values);
      }
      cursor.expect(OPEN);
      times[count] = cursor.number(COMMA);
      cursor.expect(COMMA);
      cursor.expect(QUOTE);
      values[count++] = cursor.number(QUOTE);
      cursor.expect(QUOTE);
      cursor.expect(CLOSE);
    } while (cursor.skip(COMMA));
    cursor.expect(CLOSE);
  }
  return { samples: { times: times.subarray(0, count), values: values.subarray(0, count) }, end: cursor.at };
}

function emptyRows(cursor: Cursor): Samples {
  cursor.expect(OPEN);
  cursor.expect(CLOSE);
  return { times: new Float64Array(0), values: new Float64Array(0) };
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

  expect(byte: number): void {
    if (this.body[this.at] !== byte) {
      const expected = String.fromCharCode(byte);
      const got = this.at < this.body.length ? `'${String.fromCharCode(this.body[this.at]!)}'` : 'the end';
      throw new SyntaxError(`sample rows: expected '${expected}' at byte ${this.at}, got ${got}`);
    }
    this.at++;
  }

  skip(byte: number): boolean {
    if (this.body[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /**
   * The number up to `stop`. Up to 15 digits with at most 22 decimals are one exact division (Clinger, "How to read
   * floating point numbers accurately", PLDI 1990); the rest is left to the language.
   */
  number(stop: number): number {
    const { body } = this;
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
    const text = this.body.toString('latin1', start, end);
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
