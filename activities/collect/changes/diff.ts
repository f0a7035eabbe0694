import { maskedStart } from '../../../report/safe-change.js';

/** A file that a change touched, with its part of a unified diff where the source gives it. */
export interface FileDiff {
  file: string;
  /** Null for a binary file, or one whose diff the source leaves out. */
  patch: string | null;
}

/** Bytes of a diff that are worth carrying about: the analysis reads 4,000 characters, after secrets are masked. */
const MAX_PATCH = 2_000;
const MAX_DETAILS = 12_000;

/** Words and lines of a change as `Change.details`, and the names of its files. */
export function detailsOf(
  words: readonly string[],
  diffs: readonly FileDiff[],
): { details: string; files: string[] } {
  const parts = [...words.filter((text) => text.trim() !== '')];
  let length = parts.join('\n').length;
  for (const { file, patch } of diffs) {
    if (patch === null) continue;
    const part = `--- ${file}\n${maskedStart(patch, MAX_PATCH)}`;
    length += part.length;
    if (length > MAX_DETAILS) break;
    parts.push(part);
  }
  return { details: parts.join('\n'), files: diffs.map(({ file }) => file) };
}
