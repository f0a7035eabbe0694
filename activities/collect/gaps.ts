import type { Gap } from '../../model/gap.js';
import { SourceError } from './metrics/source/errors.js';
import type { Answer } from './metrics/source/source.js';

/** What was asked and not answered, as a gap. Rethrows what is not the source's failure, such as a cancellation. */
export function gapOf(error: unknown, source: string, what: string): Gap {
  if (!(error instanceof SourceError)) throw error;
  return { source, what, reason: error.reason };
}

/** What a source said about its own answer. */
export function remarksOf(answer: Answer, source: string, what: string): Gap[] {
  return answer.warnings.map((warning) => ({
    source,
    what: answer.partial ? `part of ${what}` : `certainty about ${what}`,
    reason: warning,
  }));
}

/** Joins gaps of one source and reason, so that one dead store does not fill the page. */
export function merged(gaps: readonly Gap[]): Gap[] {
  const byReason = new Map<string, Gap & { whats: Set<string> }>();
  for (const gap of gaps) {
    const key = JSON.stringify([gap.source, gap.reason]);
    const known = byReason.get(key);
    if (known) known.whats.add(gap.what);
    else byReason.set(key, { ...gap, whats: new Set([gap.what]) });
  }
  return [...byReason.values()].map(({ source, reason, whats }) => ({
    source,
    what: listed([...whats], 5),
    reason,
  }));
}

/** `a, b, c and 4 more` */
export function listed(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(', ')} and ${rest} more` : items.join(', ');
}
