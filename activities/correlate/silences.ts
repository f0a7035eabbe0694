import { Cron } from 'croner';
import type { SilenceConfig } from '../../config/triage.js';
import type { ActiveSilence } from '../../model/triage.js';

/** The silences and maintenance windows that hold at a moment (unix seconds). */
export function activeSilences(silences: readonly SilenceConfig[], at: number): ActiveSilence[] {
  return silences
    .filter((silence) => holds(silence, at))
    .map(({ name, reason, match }) => ({ name, reason, match }));
}

function holds({ from, until, cron, forSeconds, timeZone }: SilenceConfig, at: number): boolean {
  if (from !== undefined && at < secondsOf(from)) return false;
  if (until !== undefined && at >= secondsOf(until)) return false;
  if (cron === undefined) return true;
  const window = new Cron(cron, { mode: '5-part', timezone: timeZone, paused: true });
  // A second later, so that it holds in its very first second.
  const [began] = window.previousRuns(1, new Date((at + 1) * 1000));
  return began !== undefined && at < began.getTime() / 1000 + forSeconds;
}

function secondsOf(text: string): number {
  return Date.parse(text) / 1000;
}
