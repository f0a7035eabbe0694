import type { LogLevel } from '../../model/telemetry.js';

/** A log line as it was written, or so many alike; time in unix seconds. */
export interface LogLine {
  time: number;
  service: string;
  level: LogLevel;
  message: string;
  /** How many lines it stands for. @default 1 */
  count?: number;
  /** The earliest of them as it was written, where the message is without its numbers already. @default the message */
  example?: string;
}

/** The level that a word or a syslog severity means. */
export function levelOf(text: string): LogLevel {
  const level = text.trim().toLowerCase();
  if (/^[0-7]$/u.test(level)) return SYSLOG[Number(level)]!;
  if (/^(?:fatal|panic|crit|emerg|alert|err|severe)/u.test(level)) return 'error';
  if (level.startsWith('warn')) return 'warn';
  if (/^(?:info|notice)/u.test(level)) return 'info';
  if (/^(?:debug|trace|verbose)/u.test(level)) return 'debug';
  return 'unknown';
}

/** RFC 5424, 6.2.1: from emergency to debug. */
const SYSLOG: LogLevel[] = ['error', 'error', 'error', 'error', 'warn', 'info', 'info', 'debug'];

/** The level that a line of text carries in itself: as a JSON field, a key=value pair or a word in capitals. */
export function levelWithin(text: string): LogLevel {
  const field = /"?(?:severity|level|lvl)"?\s*[:=]\s*"?([a-z]+)/iu.exec(text);
  if (field) return levelOf(field[1]!);
  return levelOf(/\b(?:FATAL|ERROR|SEVERE|WARN(?:ING)?|INFO|DEBUG|TRACE)\b/u.exec(text)?.[0] ?? '');
}

/** What a JSON line says, without its envelope; the line may have been cut off. Other text is given as it is. */
export function innerMessage(text: string): string {
  if (!text.startsWith('{')) return text;
  const fields = [...text.matchAll(/"(message|msg|error|err|exception)"\s*:\s*"((?:[^"\\]|\\.)*)/giu)];
  return fields.length === 0 ? text : fields.map((field) => field[2]!).join(' ');
}

/** Fields that hold what a structured line says, the most usual first. */
export const MESSAGE_FIELDS = [
  '_msg',
  'message',
  'msg',
  'line',
  'log',
  'body',
  'event.original',
  'short_message',
];
/** Fields that hold its level. */
export const LEVEL_FIELDS = [
  'level',
  'severity',
  'severity_text',
  'log.level',
  'loglevel',
  'lvl',
  'detected_level',
];

/** Fields that name one request or the writer, or repeat what the line says already. */
const PLUMBING =
  /^(?:@?timestamp|time|ts|t|_time|service|hostname|pid|thread(?:id)?|trace_?id|span_?id|trace_flags|stream|v|http\.route)$/iu;

/** What a structured line says: its message, and other plain fields after it as `key=value`. */
export function messageOf(fields: Readonly<Record<string, unknown>>): string {
  const said = MESSAGE_FIELDS.find((name) => isText(fields[name]));
  const rest = Object.entries(fields)
    .filter(([name, value]) => name !== said && isPlain(value) && !isEnvelope(name))
    .map(([name, value]) => `${name}=${String(value)}`);
  return [said === undefined ? '' : (fields[said] as string), ...rest]
    .filter((part) => part !== '')
    .join(' ');
}

/** The level of a structured line; of one that has no such field what its message says. */
export function levelOfFields(fields: Readonly<Record<string, unknown>>): LogLevel {
  const values = LEVEL_FIELDS.map((name) => fields[name]).filter(isPlain);
  const levels = values.map((value) => levelOf(String(value)));
  return levels.find((level) => level !== 'unknown') ?? 'unknown';
}

function isEnvelope(name: string): boolean {
  return PLUMBING.test(name) || MESSAGE_FIELDS.includes(name) || LEVEL_FIELDS.includes(name);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isPlain(value: unknown): value is string | number {
  return isText(value) || typeof value === 'number';
}

/**
 * What a line of text says and at which level: of JSON its message and plain fields, else the text as it is. JSON may
 * have been cut off.
 */
export function readLine(text: string): { level: LogLevel; message: string } {
  const fields = fieldsIn(text);
  if (fields !== null) return { level: levelOfFields(fields), message: messageOf(fields) };
  return { level: levelWithin(text), message: innerMessage(text) };
}

function fieldsIn(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}
