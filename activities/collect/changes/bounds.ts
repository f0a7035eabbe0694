import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';

/** Changes that are read of one source, and kept of all: to judge each of them takes time, and a window has dozens. */
export const MAX_CHANGES = 1_000;

/**
 * Bytes of all changes of an incident as JSON: with every analysis and in every record they travel through Temporal,
 * which takes 2 MiB.
 */
const MAX_TOTAL_BYTES = 256 * 1024;

export function nearestFirst<T extends { time: number }>(items: readonly T[], time: number): T[] {
  return [...items].sort((a, b) => Math.abs(a.time - time) - Math.abs(b.time - time));
}

/**
 * Keeps the changes nearest to the alert, within both limits and in their order; one gap says how many are left out.
 */
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
