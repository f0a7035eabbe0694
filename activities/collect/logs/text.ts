import { LOGS } from '../../../analysis/logs/weights.js';
import { maskSecrets } from '../../../report/mask.js';
import { MAX_LINE_CHARACTERS } from './limits.js';

/** Where a long line was cut, half a secret may stand at its end, which looks like none. */
const DOUBTFUL_END = 1_000;

/**
 * A line without the secrets in it, and no longer than is read of it. Masked before it is cut for good: the end of a
 * line that is longer than what is looked at is given up.
 */
export function maskedLine(line: string): string {
  const isCut = line.length >= MAX_LINE_CHARACTERS;
  const masked = maskSecrets(line.slice(0, MAX_LINE_CHARACTERS));
  return (isCut ? masked.slice(0, -DOUBTFUL_END) : masked).slice(0, LOGS.longestLine);
}

/** A text as a regular expression that fits it alone. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/gu, '\\$&');
}
