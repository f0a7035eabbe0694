import type { LogLine } from '../../model/telemetry.js';

/** Whether a line tells of trouble: by its level or, where it has none, by its words. */
export function isTrouble({ level, message }: Pick<LogLine, 'level' | 'message'>): boolean {
  if (level === 'unknown') return /error|exception|fail|panic|fatal|time(?:d )?out|refused/iu.test(message);
  return level === 'warn' || level === 'error';
}

/** A line without what differs from one to the next: numbers, addresses and long hexadecimal names. */
export function templateOf(message: string): string {
  return message
    .replace(/\b(?:[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|[0-9a-f]{12,})\b/giu, '<id>')
    .replace(/\b\d+(?:\.\d+)*\b/gu, '<n>')
    .replace(/\d{2,}(?=ms\b|s\b|%)/gu, '<n>');
}

/** A name that could not be looked up: whoever bears it did nothing wrong. */
export const UNRESOLVED =
  /no such host|ENOTFOUND|EAI_AGAIN|NXDOMAIN|SERVFAIL|name resol|server misbehaving|nameserver|\bdns\b/iu;
