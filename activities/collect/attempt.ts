import { setMaxListeners } from 'node:events';
import { cancellationSignal, Context, heartbeat } from '@temporalio/activity';
import { OutOfTime, SourceError } from './metrics/source/errors.js';
import { toFailure } from './metrics/source/failures.js';

/** What limits work that reads a source. */
export interface Limits {
  /** Aborted when the work is cancelled, and with `OutOfTime` when it has to answer with what it has. */
  signal: AbortSignal;
  /** Whether there is time for another attempt after this error. @default never */
  canRetry?: (error: SourceError) => boolean;
}

/** One attempt of an activity. `Checkpoint` is what a later attempt continues from. */
export interface Attempt<Checkpoint> extends Limits {
  /** What the attempt before this one left; null in a first attempt. */
  resumed: Checkpoint | null;
  canRetry: (error: SourceError) => boolean;
}

export interface AttemptOptions<Checkpoint> {
  /** What the next attempt is to continue from; asked for at every heartbeat. */
  checkpoint?: () => Checkpoint | Promise<Checkpoint>;
  /** The setting that gives the activity its time, named in gaps. */
  setting?: string;
}

/** What an attempt sends with its heartbeats. */
export interface Beat<Checkpoint> {
  /** When the first attempt began, unix milliseconds. */
  startedAt: number;
  checkpoint: Checkpoint | null;
}

const HEARTBEAT_MS = 5_000;

/** Temporal takes 2 MiB, and keeps it in the workflow's state: what is larger is read again instead. */
const MAX_CHECKPOINT_CHARS = 256 * 1024;

/** Kept back from the activity's time to store and send the answer: a tenth of it within these bounds. */
const MARGIN_MS = { least: 500, most: 5_000 };

/** An attempt after a worker was lost late still gets this share of the activity's time. */
const LEAST_SHARE = 0.25;

/** What `setTimeout` takes at most. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long Temporal may wait before another attempt when it does not say so. */
const UNKNOWN_RETRY_DELAY_MS = 15_000;

/**
 * Runs one attempt of an activity that reads a source. It heartbeats, so that a lost worker is noticed, and aborts the
 * signal a little before Temporal would end the activity: the work then answers with what it has. Without a
 * schedule-to-close timeout all attempts share the start-to-close timeout, from the first attempt's start on: to wait
 * for a free worker is not the source's fault. Errors of sources become Temporal failures, retryable while there is
 * time for another attempt.
 */
export async function runAttempt<Answer, Checkpoint = null>(
  work: (attempt: Attempt<Checkpoint>) => Promise<Answer>,
  { checkpoint, setting = 'diagnosis.sourceTimeoutSeconds' }: AttemptOptions<Checkpoint> = {},
): Promise<Answer> {
  const { info, log } = Context.current();
  const last = info.heartbeatDetails as Beat<Checkpoint> | undefined;
  const startedAt = last?.startedAt ?? Date.now();
  const { answerBy, retryBy } = deadlinesOf(info, startedAt);
  const outOfTime = new AbortController();
  const timer = setTimeout(
    () => outOfTime.abort(new OutOfTime(info.startToCloseTimeoutMs / 1000, setting)),
    Math.min(Math.max(0, answerBy - Date.now()), LONGEST_TIMER_MS),
  );
  const beat = async (): Promise<void> => {
    let kept: Checkpoint | null = null;
    try {
      kept = bounded((await checkpoint?.()) ?? null);
    } catch (error) {
      // Without a checkpoint a later attempt reads everything again, nothing else.
      log.warn('the checkpoint of an activity cannot be stored', { error });
    }
    heartbeat({ startedAt, checkpoint: kept });
  };
  const beating = setInterval(() => void beat(), HEARTBEAT_MS);
  const canRetry = (error: SourceError): boolean =>
    error.retryable &&
    info.attempt < (info.retryPolicy?.maximumAttempts || Infinity) &&
    Date.now() + retryDelayOf(info, error) < retryBy;
  try {
    const signal = AbortSignal.any([cancellationSignal(), outOfTime.signal]);
    // Every request under way listens to it until it ends: with many sources more than the ten that Node.js expects.
    setMaxListeners(0, signal);
    return await work({ signal, canRetry, resumed: last?.checkpoint ?? null });
  } catch (error) {
    if (!(error instanceof SourceError)) throw toFailure(error);
    const isLast = !canRetry(error);
    if (!isLast) await beat();
    throw toFailure(error, isLast);
  } finally {
    clearInterval(beating);
    clearTimeout(timer);
  }
}

type Info = Context['info'];

/** When this attempt has to answer, and until when another one may begin; unix milliseconds. */
function deadlinesOf(info: Info, startedAt: number): { answerBy: number; retryBy: number } {
  const now = Date.now();
  const { startToCloseTimeoutMs: allowed, scheduleToCloseTimeoutMs: whole, scheduledTimestampMs } = info;
  const margin = Math.min(Math.max(allowed / 10, MARGIN_MS.least), MARGIN_MS.most);
  if (whole > 0) {
    const retryBy = scheduledTimestampMs + whole - margin;
    return { answerBy: Math.min(now + allowed - margin, retryBy), retryBy };
  }
  const retryBy = startedAt + allowed - margin;
  return { answerBy: Math.max(retryBy, now + allowed * LEAST_SHARE), retryBy };
}

function retryDelayOf({ attempt, retryPolicy }: Info, error: SourceError): number {
  if (error.retryAfterSeconds !== null) return error.retryAfterSeconds * 1000;
  if (!retryPolicy) return UNKNOWN_RETRY_DELAY_MS;
  const initial = msOf(retryPolicy.initialInterval, 1_000);
  const delay = initial * (retryPolicy.backoffCoefficient ?? 2) ** (attempt - 1);
  return Math.min(delay, msOf(retryPolicy.maximumInterval, initial * 100));
}

/** The server's durations come as milliseconds. */
function msOf(duration: unknown, otherwise: number): number {
  return typeof duration === 'number' ? duration : otherwise;
}

function bounded<Checkpoint>(checkpoint: Checkpoint | null): Checkpoint | null {
  return JSON.stringify(checkpoint).length > MAX_CHECKPOINT_CHARS ? null : checkpoint;
}
