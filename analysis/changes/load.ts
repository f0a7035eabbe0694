import type { Series } from '../../model/series.js';
import { LOAD_RISE, ONSET_SLACK } from './weights.js';

/**
 * Whether more work came in from outside before anything failed: traffic of these services (the suspect, the
 * alerting one) that rose by half and more, and no later than the onset. Traffic that rises only afterwards is
 * a consequence: retries. Null when no traffic is measured or none rose.
 */
export function outsideLoad(
  series: Series[],
  services: string[],
  onset: { time: number; uncertaintySeconds: number },
): { statement: string; strength: number } | null {
  let best: { statement: string; strength: number } | null = null;
  const early = onset.time - Math.max(ONSET_SLACK, onset.uncertaintySeconds);
  for (const { subject, signal, name, times, values } of series) {
    if (signal !== 'traffic' || subject.kind !== 'service' || !services.includes(subject.service)) continue;
    const calm: number[] = [];
    const around: number[] = [];
    values.forEach((value, row) => {
      if (Number.isNaN(value)) return;
      const time = times[row]!;
      if (time < early - AROUND_SECONDS) calm.push(value);
      else if (time <= onset.time) around.push(value);
    });
    calm.sort((a, b) => a - b);
    const usual = calm[calm.length >> 1] ?? NaN;
    const now = around.at(-1) ?? NaN;
    // A rise that calm days have seen too is none.
    if (!(usual > 0) || !(now / usual >= LOAD_RISE) || now <= calm.at(-1)!) continue;
    const strength = Math.min(1, Math.log2(now / usual) / Math.log2(LOAD_RISE) / 2);
    if (best !== null && best.strength >= strength) continue;
    best = {
      strength,
      statement: `${name} of ${subject.service} was ${(now / usual).toFixed(1)} times its baseline at the onset.`,
    };
  }
  return best;
}

/** What came so shortly before the onset is not taken for usual. */
const AROUND_SECONDS = 300;
