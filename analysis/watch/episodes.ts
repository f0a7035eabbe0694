import type { EpisodeState } from '../../model/watch.js';
import type { Judgement } from './watched.js';

export interface Patience {
  /** How long it must be bad before it fires, and well before it is over; seconds. */
  forSeconds: number;
  clearSeconds: number;
}

/** An episode that nobody could see for so long is taken for over: its series is gone. */
export const FORGET_SECONDS = 3600;

/** What one more judgement makes of a series. `startedAt` and `endedAt` name the episode that fires or is over. */
export interface Advance {
  state: EpisodeState;
  event: { kind: 'fires'; startedAt: number } | { kind: 'clears'; startedAt: number; endedAt: number } | null;
}

/**
 * The life of an episode, the same for a watch that runs and for one that is tried on the past. What is not known
 * changes nothing: it neither fires nor ends anything.
 */
export function advance(
  before: EpisodeState | null,
  judgement: Judgement,
  at: number,
  { forSeconds, clearSeconds }: Patience,
): Advance {
  const state = before ?? { badSince: null, wellSince: null, startedAt: null, endedAt: null, seenAt: at };
  const { startedAt, endedAt } = state;

  if (judgement.state === 'unknown') {
    if (startedAt === null || at - state.seenAt < FORGET_SECONDS) return { state, event: null };
    return cleared(state.seenAt, startedAt, state.seenAt);
  }
  if (judgement.state === 'bad') {
    // A method may know that it began before anybody looked.
    const badSince = state.badSince ?? Math.max(Math.min(judgement.since ?? at, at), endedAt ?? 0);
    const bad = { badSince, wellSince: null, startedAt, endedAt, seenAt: at };
    if (startedAt !== null || at - badSince < forSeconds) return { state: bad, event: null };
    return { state: { ...bad, startedAt: badSince }, event: { kind: 'fires', startedAt: badSince } };
  }
  if (startedAt === null) {
    return { state: { badSince: null, wellSince: null, startedAt: null, endedAt, seenAt: at }, event: null };
  }
  const wellSince = state.wellSince ?? at;
  if (at - wellSince >= clearSeconds) return cleared(at, startedAt, wellSince);
  return { state: { badSince: null, wellSince, startedAt, endedAt, seenAt: at }, event: null };
}

function cleared(at: number, startedAt: number, ended: number): Advance {
  const endedAt = Math.max(ended, startedAt);
  return {
    state: { badSince: null, wellSince: null, startedAt: null, endedAt, seenAt: at },
    event: { kind: 'clears', startedAt, endedAt },
  };
}
