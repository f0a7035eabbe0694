import type { IncidentRecord } from '../../model/incident.js';

/** One revision of an incident's summary on its way to a sink. */
export interface Delivery {
  record: IncidentRecord;
  /** What this sink took of the same incident last; null when it has taken nothing, as far as is known. */
  before: Before | null;
  /**
   * Counts from 1. From the second on the sink may have taken the revision already without our hearing of it: one
   * that does not know repeats by itself looks there first.
   */
  attempt: number;
  /** Aborted when Temporal no longer waits for the delivery. */
  signal: AbortSignal;
}

export interface Before {
  /** What `post` answered then. */
  reference: string | null;
  /** The summary as it was told then, to say what changed; null when the store has lost it. */
  record: IncidentRecord | null;
}

/** One place where summaries go. Each kind has a folder of its own: body, client, fixtures. */
export interface Sink {
  readonly name: string;

  /**
   * Delivers one revision; the same revision delivered twice has one effect there, also when the reply to the first
   * was lost and `before` knows nothing of it. Answers the address or id that the sink gave it, null when it gave
   * none: the next delivery finds it in `before`. Throws the failures of outcome.ts.
   */
  post(delivery: Delivery): Promise<string | null>;
}
