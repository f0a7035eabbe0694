import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { Packr, Unpackr } from 'msgpackr';
import { z } from 'zod';
import { seriesMeta, type Series } from '../../model/series.js';
import { withoutSecrets } from '../../report/mask.js';

/*
 * The evidence file. After the magic line come frames, each a 32-bit little-endian length and so many bytes of
 * brotli over MessagePack: a block of series, columnar. A time axis is written once, in the block that first uses
 * it; samples are the doubles themselves, little-endian, those of one block end to end.
 */

export const MAGIC = Buffer.from('faultline-evidence/1\n');

/** Series of one block: what is packed or unpacked at a time, about a megabyte at 240 samples. */
const BLOCK_SERIES = 512;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Quality 1 packs noisy doubles as tightly as gzip's best, at a third of the time of its fastest. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

const packr = new Packr({ useRecords: true });
const unpackr = new Unpackr({ useRecords: true });

const block = z.object({
  /** Axes that begin in this block; numbered on through the file. */
  axes: z.array(z.instanceof(Uint8Array)),
  metas: z.array(seriesMeta),
  /** For each series the number of its axis. */
  axisOf: z.array(z.number().int().nonnegative()),
  samples: z.instanceof(Uint8Array),
});

/** Encodes series as the frames of a file, one block at a time. */
export async function* encode(series: readonly Series[]): AsyncGenerator<Buffer> {
  yield MAGIC;
  const axes = new AxisTable();
  for (let first = 0; first < series.length; first += BLOCK_SERIES) {
    const part = series.slice(first, first + BLOCK_SERIES);
    const known = axes.size;
    const axisOf = part.map(({ id, times, values }) => {
      if (times.length !== values.length) {
        throw new RangeError(`${id}: ${times.length} times, but ${values.length} values`);
      }
      return axes.numberOf(times);
    });
    const packed = packr.pack({
      axes: axes.from(known).map(bytesOf),
      // The schema keeps what describes a series and drops its samples. Queries and names of a source may show secrets.
      metas: part.map((series) => withoutSecrets(seriesMeta.parse(series))),
      axisOf,
      samples: Buffer.concat(part.map(({ values }) => bytesOf(values))),
    });
    const body = await compress(packed, QUALITY);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    yield Buffer.concat([length, body]);
  }
}

/** Reads a file again. Throws when it is not one. */
export async function decode(file: Buffer): Promise<Series[]> {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new SyntaxError(`expected a file that begins with '${MAGIC.toString().trim()}'`);
  }
  const axes: Float64Array[] = [];
  const series: Series[] = [];
  for (let at = MAGIC.length; at < file.length;) {
    const start = at + 4;
    at = start + file.readUInt32LE(at);
    const read = block.parse(unpackr.unpack(await decompress(file.subarray(start, at))));
    axes.push(...read.axes.map(doublesOf));
    const samples = doublesOf(read.samples);
    let offset = 0;
    read.metas.forEach((meta, i) => {
      const times = axes[read.axisOf[i]!]!;
      series.push({ ...meta, times, values: samples.subarray(offset, offset + times.length) });
      offset += times.length;
    });
  }
  return series;
}

/** Numbers time axes: the same array, or one with the same content, has the same number. */
class AxisTable {
  private readonly byReference = new Map<Float64Array, number>();
  private readonly byContent = new Map<string, number>();
  private readonly axes: Float64Array[] = [];

  get size(): number {
    return this.axes.length;
  }

  from(first: number): Float64Array[] {
    return this.axes.slice(first);
  }

  numberOf(times: Float64Array): number {
    const known = this.byReference.get(times);
    if (known !== undefined) return known;
    const content = bytesOf(times).toString('latin1');
    const number = this.byContent.get(content) ?? this.axes.push(times) - 1;
    this.byReference.set(times, number);
    this.byContent.set(content, number);
    return number;
  }
}

function bytesOf(doubles: Float64Array): Buffer {
  return Buffer.from(doubles.buffer, doubles.byteOffset, doubles.byteLength);
}

/** Copies: a view of doubles must begin at a multiple of eight. */
function doublesOf(bytes: Uint8Array): Float64Array {
  const doubles = new Float64Array(bytes.length / 8);
  new Uint8Array(doubles.buffer).set(bytes);
  return doubles;
}

/*
 * A file of another kind of evidence: its magic line, then brotli over MessagePack of the table. Typed arrays keep
 * their type.
 */

const tablePackr = new Packr({ moreTypes: true, structuredClone: true });

const tableMagic = (kind: string): Buffer => Buffer.from(`faultline-${kind}/1\n`);

/** Encodes a table; its texts without secrets. */
export async function encodeTable(kind: string, table: unknown): Promise<Buffer> {
  return Buffer.concat([tableMagic(kind), await compress(tablePackr.pack(withoutSecrets(table)), QUALITY)]);
}

/** Reads a table again. Throws when the file is not one of this kind. */
export async function decodeTable(kind: string, file: Buffer): Promise<unknown> {
  const magic = tableMagic(kind);
  if (!file.subarray(0, magic.length).equals(magic)) {
    throw new SyntaxError(`expected a file that begins with '${magic.toString().trim()}'`);
  }
  return tablePackr.unpack(await decompress(file.subarray(magic.length)));
}
