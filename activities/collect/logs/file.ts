import { stat } from 'node:fs/promises';
import { levelOfFields, MESSAGE_FIELDS, readLine } from '../../../analysis/logs/line.js';
import type { LogSourceConfig } from '../../../config/logs.js';
import { parseMoment } from './moment.js';
import type { LogLevel } from '../../../model/telemetry.js';
import type { Limits } from '../attempt.js';
import { LineIndex } from '../line-index.js';
import { maskSecrets } from '../../../report/mask.js';
import { NotASource, QueryTooHeavy } from '../metrics/source/errors.js';
import { MAX_COUNTS, MAX_FILE_BYTES, MAX_WRITERS } from './limits.js';
import type { Labels, LineAnswer, LineQuery, LogSource, TimeSpan, WriterQuery } from './source.js';
import { WRITER_FIELDS } from './writers.js';

/** Characters of a line that cannot be read, as it is told of. */
const LONGEST_QUOTE = 100;

type Settings = Extract<LogSourceConfig, { type: 'file' }>;
type Limit = Pick<Limits, 'signal'>;

interface Line {
  time: number;
  level: LogLevel;
  text: string;
}

/** Lines of one label set. */
interface Writer {
  labels: Labels;
  lines: Line[];
}

/** Fields of the moment of a line: unix seconds, milliseconds, or a date. */
const TIME_FIELDS = ['t', 'time', 'timestamp', '@timestamp', '_time', 'ts'];

/** Where a line tells its moment; a field within another may be taken for it, which only widens the times of a part. */
const MOMENT = new RegExp(`"(?:${TIME_FIELDS.join('|')})"\\s*:\\s*(?:"([^"]{1,40})"|(-?[\\d.eE+]+))`, 'gu');

const INDEX = new LineIndex(function* momentsIn(text) {
  for (const [, date, number] of text.matchAll(MOMENT)) {
    const moment = parseMoment(date ?? Number(number));
    if (moment !== null) yield moment;
  }
});

/**
 * Lines of JSON in a file: `{"t": 1796035724.081, "service": "cart", "level": "error", "message": "..."}`. Of the file
 * the part around the time in question is read.
 */
export class FileLogs implements LogSource {
  readonly name: string;
  private loaded: Promise<Writer[]> | null = null;

  constructor(private readonly config: Settings) {
    this.name = config.name;
  }

  async writers(
    { pattern, ...span }: WriterQuery,
    limits: Limit,
  ): Promise<{ writers: Labels[]; isCut: boolean }> {
    const wanted = new RegExp(pattern, 'iu');
    const found = (await this.writersOf(span, limits))
      .map(({ labels }) => labels)
      .filter((labels) => Object.values(labels).some((value) => wanted.test(value)));
    return { writers: found.slice(0, MAX_WRITERS), isCut: found.length > MAX_WRITERS };
  }

  async count(span: TimeSpan, limits: Limit): Promise<{ labels: Labels; lines: number }[]> {
    const writers = await this.writersOf(span, limits);
    return writers.map(({ labels, lines }) => ({ labels, lines: lines.length }));
  }

  async lines({ selectors, ...span }: LineQuery, limits: Limit): Promise<LineAnswer> {
    const own = (await this.writersOf(span, limits)).filter(({ labels }) =>
      selectors.some(
        ({ field, values, within }) =>
          values.includes(labels[field] ?? '') && (within === null || labels[within.field] === within.value),
      ),
    );
    const read = own.flatMap(({ lines }) => lines);
    const lines = read.map(({ time, level, text }) => {
      const said = readLine(text);
      return { time, level: level === 'unknown' ? said.level : level, message: said.message };
    });
    return { lines, bytes: read.reduce((sum, { text }) => sum + text.length, 0), remark: null };
  }

  close(): void {
    this.loaded = null;
  }

  private writersOf(span: TimeSpan, limits: Limit): Promise<Writer[]> {
    return (this.loaded ??= this.load(span, limits));
  }

  private async load({ from, until }: TimeSpan, { signal }: Limit): Promise<Writer[]> {
    const { file } = this.config;
    const asked = { operation: 'reading of lines', endpoint: file };
    const { size } = await stat(file).catch(() => {
      throw new NotASource(asked, `the file is not there; set file of ${this.name} under logs`);
    });
    if (size > MAX_FILE_BYTES) {
      throw new QueryTooHeavy(asked, `it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
    }
    const writers = new Map<string, Writer>();
    let kept = 0;
    let broken: string | null = null;
    for await (const text of INDEX.lines(file, { from, until }, signal)) {
      if (text.trim() === '') continue;
      // The last line may be half written yet.
      if (broken !== null) {
        const line = maskSecrets(broken.slice(0, LONGEST_QUOTE));
        throw new NotASource(asked, `expected JSON objects with a time in t, one in each line, got: ${line}`);
      }
      const read = lineIn(text);
      if (read === null) {
        broken = text;
        continue;
      }
      const { labels, ...line } = read;
      if (line.time < from || line.time >= until) continue;
      kept += 1;
      if (kept > MAX_COUNTS) throw new QueryTooHeavy(asked, `the window has more than ${MAX_COUNTS} lines`);
      const key = JSON.stringify(labels);
      const writer = writers.get(key) ?? { labels, lines: [] };
      writer.lines.push(line);
      writers.set(key, writer);
    }
    return [...writers.values()];
  }
}

/** Null for a text that is no such line. */
function lineIn(text: string): (Line & { labels: Labels }) | null {
  const fields = objectIn(text);
  const time = TIME_FIELDS.map((name) => parseMoment(fields[name])).find((moment) => moment !== null);
  if (time === undefined) return null;
  const labels: Labels = {};
  for (const name of WRITER_FIELDS) {
    const value = fields[name];
    if (typeof value === 'string') labels[name] = value;
  }
  return { time, labels, level: levelOfFields(fields), text: firstText(fields, MESSAGE_FIELDS) };
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function firstText(fields: Record<string, unknown>, names: readonly string[]): string {
  return names.map((name) => fields[name]).find((value) => typeof value === 'string') ?? '';
}
