import type { LogLine } from '../../model/telemetry.js';
import { readJsonLines, readTable, readText } from './tables.js';

/** Reads `t_ms,service,message` (and `level`, if there); `zero` is the unix time that t_ms counts from. */
export function readLogsCsv(path: string, zero: number): LogLine[] {
  const table = readTable(path);
  const times = table.numbers('t_ms');
  const services = table.texts('service') ?? [];
  const messages = table.texts('message') ?? [];
  const levels = table.texts('level') ?? table.texts('severity');
  return Array.from({ length: table.rows }, (_, row) => {
    const raw = messages[row] ?? '';
    return {
      time: zero + times[row]! / 1e3,
      service: services[row] ?? 'unknown',
      level: levelOf(levels?.[row] ?? levelWithin(raw)),
      message: innerMessage(raw),
    };
  });
}

/** Fields that name one request, or repeat what the line says already. */
const PLUMBING =
  /^(?:timestamp|time|service|severity|severity_text|level|msg|message|trace_id|span_id|http\.route)$/u;

/** Reads lines of JSON with timestamp, service, severity_text and msg; other fields follow the message. */
export function readLogsNdjson(path: string): LogLine[] {
  return readJsonLines(path).map((value) => {
    const line = value as Record<string, unknown>;
    const text = (key: string): string => (typeof line[key] === 'string' ? line[key] : '');
    const extras = Object.entries(line)
      .filter(([key, field]) => !PLUMBING.test(key) && ['string', 'number'].includes(typeof field))
      .map(([key, field]) => `${key}=${String(field)}`);
    return {
      time: Date.parse(text('timestamp') || text('time')) / 1e3,
      service: text('service') || 'unknown',
      level: levelOf(text('severity_text') || text('level') || text('severity')),
      message: [text('msg') || text('message'), ...extras].join(' '),
    };
  });
}

interface Pattern {
  signature?: string;
  service?: string;
  sentiment?: string;
  delta_vs_baseline?: string;
}

/** Reads counted log patterns: each that grew stands for one line at `time`. For cases without the lines. */
export function readPatterns(path: string, time: number): LogLine[] {
  const patterns = JSON.parse(readText(path)) as Pattern[];
  if (!Array.isArray(patterns)) throw new Error('is not a list of patterns');
  return patterns
    .filter((pattern) => Number(pattern.delta_vs_baseline ?? 0) > 0)
    .map((pattern) => ({
      time,
      service: pattern.service ?? 'unknown',
      level: pattern.sentiment === 'negative' ? 'error' : 'info',
      message: pattern.signature ?? '',
    }));
}

function levelOf(text: string): LogLine['level'] {
  const level = text.trim().toLowerCase();
  if (/^(?:fatal|panic|crit|emerg|alert|err|severe)/u.test(level)) return 'error';
  if (level.startsWith('warn')) return 'warn';
  if (/^(?:info|notice)/u.test(level)) return 'info';
  if (/^(?:debug|trace|verbose)/u.test(level)) return 'debug';
  return 'unknown';
}

/** The level that a line of text carries in itself: as a JSON field, a key=value pair or a word in capitals. */
function levelWithin(message: string): string {
  const field = /"?(?:severity|level|lvl)"?\s*[:=]\s*"?([a-z]+)/iu.exec(message);
  if (field) return field[1]!;
  return /\b(?:FATAL|ERROR|SEVERE|WARN(?:ING)?|INFO|DEBUG|TRACE)\b/u.exec(message)?.[0] ?? '';
}

/** What a JSON line says, without its envelope; the line may have been cut off. */
function innerMessage(message: string): string {
  if (!message.startsWith('{')) return message;
  const fields = [...message.matchAll(/"(message|msg|error|err|exception)"\s*:\s*"((?:[^"\\]|\\.)*)/giu)];
  return fields.length === 0 ? message : fields.map((field) => field[2]!).join(' ');
}
