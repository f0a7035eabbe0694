import type { Anomaly } from '../model/anomaly.js';

/**
 * The identity of one episode of an alert: `<fingerprint>@<start in unix seconds>`, and `#<n>` when the source fired it
 * again under the same start after its end, for the n-th time.
 */
export function episodeOf({
  fingerprint,
  startedAt,
  recurrence,
}: Pick<Anomaly, 'fingerprint' | 'startedAt' | 'recurrence'>): string {
  const start = `${fingerprint}@${Math.round(startedAt)}`;
  return recurrence === undefined ? start : `${start}#${recurrence}`;
}
