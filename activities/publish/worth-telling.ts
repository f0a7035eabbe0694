import { whatChanged } from '../../report/brief.js';
import { STATE_WORDS } from '../../report/facts.js';
import type { Delivery } from './sink.js';

type Told = Pick<Delivery, 'record' | 'before'>;

/**
 * What a reader of the last summary must be told, a sentence each: nothing at the first, which tells all, and nothing
 * when only the bookkeeping moved on.
 */
export function newsOf({ record, before }: Told): string[] {
  if (!before || record.revisionReason === 'acknowledged' || record.revisionReason === 'reminder') return [];
  const changed = before.record ? whatChanged(before.record, record) : [];
  if (changed.length > 0 || record.revisionReason !== 'final') return changed;
  return [`The incident is over: ${STATE_WORDS[record.state]}.`];
}

/**
 * Whether a sink that cannot change what it has posted tells of this revision: of the first, of a changed verdict,
 * scope or severity, of a person's verdict and of the end.
 */
export function isWorthTelling(delivery: Told): boolean {
  const { record, before } = delivery;
  if (!before || record.revisionReason === 'feedback') return true;
  // Without what was told before, the revisionReason alone has to say whether there is news.
  return newsOf(delivery).length > 0 || (before.record === null && record.revisionReason === 'update');
}

/** Whether the sink may have taken what we would create: of a lost reply we know nothing. */
export function mayBeThere({ record, before, attempt }: Delivery): boolean {
  return before === null && (attempt > 1 || record.revision > 1);
}

/** Whether what was wrong is over. An incident given up at its time limit is closed and not over. */
export function isOver({ state }: Delivery['record']): boolean {
  return state === 'resolved' || state === 'cancelled';
}
