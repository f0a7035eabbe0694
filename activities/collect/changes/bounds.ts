import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';

/** Changes that are read of one source, and kept of all: to judge each of them takes time, and a window has dozens. */
export const MAX_CHANGES = 1_000;

/**
 * Bytes of all changes of an incident as JSON: with every analysis and in every record they travel through Temporal,
 * which takes 2 MiB.
 */
const MAX_TOTAL_BYTES = 256 * 1024;

/** Characters of a text: an excerpt of a diff is evidence, the whole of it is behind the link. */
const MAX_TEXT = { id: 200, title: 500, details: 4_000, file: 300, author: 200, link: 2_000 };
const MAX_FILES = 50;

/** The change with its texts cut to what a record may hold; a link that is too long is no link. */
export function withCutTexts(one: Change): Change {
  return {
    ...one,
    id: cut(one.id, MAX_TEXT.id),
    title: cut(one.title, MAX_TEXT.title),
    details: cut(one.details, MAX_TEXT.details),
    files: one.files.slice(0, MAX_FILES).map((file) => cut(file, MAX_TEXT.file)),
    author: one.author === null ? null : cut(one.author, MAX_TEXT.author),
    link: one.link !== null && one.link.length > MAX_TEXT.link ? null : one.link,
  };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

export function nearestFirst<T extends { time: number }>(items: readonly T[], time: number): T[] {
  return [...items].sort((a, b) => Math.abs(a.time - time) - Math.abs(b.time - time));
}

/** Keeps the changes nearest to the alert, within both limits and in their order; one gap says how many are left out. */
export function keptChanges(all: readonly Change[], alertTime: number): { changes: Change[]; gaps: Gap[] } {
  const kept = new Set<Change>();
  let total = 0;
  for (const one of nearestFirst(all, alertTime)) {
    total += Buffer.byteLength(JSON.stringify(one));
    if (kept.size === MAX_CHANGES || total > MAX_TOTAL_BYTES) break;
    kept.add(one);
  }
  const changes = all.filter((one) => kept.has(one));
  if (changes.length === all.length) return { changes, gaps: [] };
  const what = `${all.length - changes.length} of ${all.length} changes`;
  const reason = `a record holds ${MAX_CHANGES} changes and ${MAX_TOTAL_BYTES / 1024} KiB of them: those nearest to the alert are kept`;
  return { changes, gaps: [{ source: 'changes', what, reason }] };
}
