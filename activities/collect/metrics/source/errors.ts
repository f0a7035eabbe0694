/** What was asked and where: `range query`, `http://prom:9090/api/v1/query_range`. Never holds secrets. */
export interface Asked {
  operation: string;
  endpoint: string;
}

/**
 * A source could not answer. One subclass for each decision that follows from it; the message names the
 * operation, the endpoint and the reason, and holds no secrets.
 */
export abstract class SourceError extends Error {
  /** Whether the same request may succeed later. */
  abstract readonly retryable: boolean;
  /** Seconds that the source wants to be left alone; null when it does not say. */
  readonly retryAfterSeconds: number | null = null;

  constructor(
    readonly asked: Asked,
    /** The reason alone, for a gap. */
    readonly reason: string,
  ) {
    super(`${asked.operation} at ${asked.endpoint}: ${reason}`);
    this.name = new.target.name;
  }
}

/** The query is wrong, and will be as wrong next time: correct the pack. */
export class BadQuery extends SourceError {
  readonly retryable = false;
}

/** The source refuses the credentials: correct the configuration. */
export class BadCredentials extends SourceError {
  readonly retryable = false;
}

/** Something answers, but not the Prometheus HTTP API: correct the address. */
export class NotASource extends SourceError {
  readonly retryable = false;
}

/** The query costs more than the source allows or than may be taken in: ask for less. */
export class QueryTooHeavy extends SourceError {
  readonly retryable = false;
}

/** The source holds nothing that answers this query: a recording that was not asked it. */
export class NotRecorded extends SourceError {
  readonly retryable = false;
}

/** The data are not all there, and the asker cannot do with less: conclude nothing. */
export class PartialAnswer extends SourceError {
  readonly retryable = true;
}

/** The source cannot be reached, is failing or is starting: ask again later. */
export class SourceUnavailable extends SourceError {
  readonly retryable = true;
}

/** The source is there, and this query took too long: later it may not. */
export class QueryTimeout extends SourceError {
  readonly retryable = true;
}

/** The source asks for fewer requests. */
export class SourceBusy extends SourceError {
  readonly retryable = true;

  constructor(
    asked: Asked,
    reason: string,
    override readonly retryAfterSeconds: number | null,
  ) {
    super(asked, reason);
  }
}

/** The time of an activity is over: what it has read by now is its answer. No failure of the source. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';

  constructor(
    /** Seconds that the activity had, and the setting that says so. */
    seconds: number,
    setting: string,
  ) {
    super(`there was no time left for it after ${Math.round(seconds)} s (${setting})`);
  }

  /** The reason alone, for a gap. */
  get reason(): string {
    return this.message;
  }
}

/**
 * Whether the source as a whole is out of reach for now, so that other questions would fare no better: worth another
 * attempt of everything, where a query that is slow or wrong concerns itself alone.
 */
export function isOutage(error: unknown): error is SourceUnavailable | SourceBusy {
  return error instanceof SourceUnavailable || error instanceof SourceBusy;
}
