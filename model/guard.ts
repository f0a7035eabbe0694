import type { Diagnosis } from './diagnosis.js';

/** A commit on GitHub whose status tells what a guard says. */
export interface GuardedCommit {
  /** `owner/name` */
  repository: string;
  /** 40 hex digits. */
  sha: string;
}

/** Which rollout is to be watched, and for how long. */
export interface GuardRequest {
  environment: string;
  service: string;
  /** When the rollout took effect, unix seconds. */
  since: number;
  forSeconds: number;
  /** Id of the change that is rolled out, as it was reported; null when it is not known. */
  changeId: string | null;
  commit: GuardedCommit | null;
  /** Who asked. */
  by: string;
}

/** What a guard says in the end. */
export type GuardVerdict = 'pass' | 'fail' | 'cannot-tell';

/** One look at the rollout. */
export interface GuardLook {
  /** Unix seconds. */
  at: number;
  finding: 'healthy' | 'failing' | 'confirmed' | 'cannot-tell';
  /** One sentence. */
  reason: string;
}

export interface GuardState {
  id: string;
  request: GuardRequest;
  /** Null while it watches. */
  verdict: GuardVerdict | null;
  /** Why, in one sentence; what is going on while it watches. */
  reason: string;
  looks: GuardLook[];
  /** When the last look is taken, unix seconds. */
  endsAt: number;
  /** Excerpt of the last diagnosis; null when there was none. */
  diagnosis: Diagnosis | null;
  /** Address of its run in the Temporal UI; null where none is configured. */
  url: string | null;
  /** Who could not be told, and why. */
  untold: string[];
}

/** Who is told beside whoever asks. */
export type GuardListener = 'webhook' | 'github';

/** A rollout that is watched for less has not met its load; for longer it is no rollout any more. */
export const GUARD_SECONDS = { least: 60, most: 12 * 3600 };
