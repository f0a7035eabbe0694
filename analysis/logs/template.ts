import type { LogLevel } from '../../model/telemetry.js';

/** Words of trouble in a line that has no level. Sources that are asked for such lines alone use the same ones. */
export const TROUBLE_WORDS = 'error|exception|fail|panic|fatal|time(d )?out|refused';
const TROUBLE = new RegExp(TROUBLE_WORDS, 'iu');

/** Whether a kind of line tells of trouble: by its level or, where it has none, by its words. */
export function isTrouble({ level, example }: { level: LogLevel; example: string }): boolean {
  return level === 'unknown' ? TROUBLE.test(example) : level === 'warn' || level === 'error';
}

/** Numbers and ids as VictoriaLogs collapses them at the source. */
const COLLAPSED = /<(?:N|UUID|IP4|TIME|DATE|DATETIME)>/gu;

/** A line without what is known to differ from one to the next: numbers, addresses and long hexadecimal names. */
export function templateOf(message: string): string {
  return message
    .replace(COLLAPSED, (name) => (name === '<UUID>' ? '<id>' : '<n>'))
    .replace(/\b(?:[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|[0-9a-f]{12,})\b/giu, '<id>')
    .replace(/\b\d+(?:\.\d+)*\b/gu, '<n>')
    .replace(/\d{2,}(?=ms\b|s\b|%)/gu, '<n>');
}

/** A name that could not be looked up: whoever bears it did nothing wrong. */
export const UNRESOLVED =
  /no such host|ENOTFOUND|EAI_AGAIN|NXDOMAIN|SERVFAIL|name resol|server misbehaving|nameserver|\bdns\b/iu;
