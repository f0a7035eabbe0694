import type { GuardLook, GuardRequest, GuardVerdict } from '../../model/guard.js';

/** Looks of one guard beside the first: enough to see a trouble twice, few enough to cost little. */
const MOST_LOOKS = 12;
/** Metrics are scraped every 15 to 60 seconds: a look after less sees nothing new. */
const LEAST_SECONDS = 60;

/** Seconds between two looks. */
export function lookEverySeconds({ forSeconds }: Pick<GuardRequest, 'forSeconds'>): number {
  return Math.max(LEAST_SECONDS, Math.ceil(forSeconds / MOST_LOOKS));
}

/**
 * What the looks so far decide; null while it is too early. A confirmed cause decides at once, a suspected one when two
 * looks in a row or the last one see it. In the end the last look counts: what was seen before it has passed.
 */
export function decide(
  looks: readonly GuardLook[],
  isLast: boolean,
): { verdict: GuardVerdict; reason: string } | null {
  const [last, before] = [looks.at(-1), looks.at(-2)];
  if (!last) return null;
  const { finding, reason } = last;
  if (finding === 'confirmed') return { verdict: 'fail', reason };
  if (finding === 'failing' && (isLast || isBad(before))) return { verdict: 'fail', reason };
  if (!isLast) return null;
  return { verdict: finding === 'healthy' ? 'pass' : 'cannot-tell', reason };
}

function isBad(look: GuardLook | undefined): boolean {
  return look?.finding === 'failing' || look?.finding === 'confirmed';
}
