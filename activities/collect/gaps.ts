import { group } from 'd3-array';
import type { Gap } from '../../model/gap.js';
import type { Limits } from './attempt.js';
import { isOutage, OutOfTime, SourceError } from './metrics/source/errors.js';
import type { Answer } from './metrics/source/source.js';

/**
 * What was asked and not answered, as a gap. Rethrows what is no failure of the source, such as a cancellation, and
 * an outage that another attempt may outlast.
 */
export function gapOf(error: unknown, limits: Limits, source: string, what: string): Gap {
  if (isOutage(error) && limits.canRetry?.(error)) throw error;
  if (error instanceof SourceError || error instanceof OutOfTime) {
    return { source, what, reason: error.reason };
  }
  throw error;
}

/** Whether somebody cancelled the work; what merely has no time left answers with what it has. */
export function isCancelled(signal: AbortSignal): boolean {
  return signal.aborted && !(signal.reason instanceof OutOfTime);
}

/** One of several sources of metrics that did not answer. */
export function unreadSource({ name }: { name: string }, { reason }: SourceError | OutOfTime): Gap {
  return { source: name, what: `metrics of ${name}`, reason: `they could not be read: ${reason}` };
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
  const groups = group(gaps, ({ source, reason }) => JSON.stringify([source, reason]));
  return [...groups.values()].map((alike) => ({
    ...alike[0]!,
    what: listed([...new Set(alike.map(({ what }) => what))], 5),
  }));
}

/** `a, b, c and 4 more` */
export function listed(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(', ')} and ${rest} more` : items.join(', ');
}
