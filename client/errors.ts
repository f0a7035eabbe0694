/**
 * What a client of Faultline can fail with. Each class stands for one decision of the caller: come back later,
 * start a worker, correct the id, give up. Messages are whole sentences without secrets.
 */
export abstract class ClientError extends Error {
  /** Stable name for programs: part of `--json` errors and of the receiver's metrics. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Temporal cannot take or answer anything now. Coming back later may succeed. */
export class TemporalUnavailable extends ClientError {
  readonly code = 'temporal-unavailable';
}

/** The record of past incidents cannot be asked now. Coming back later may succeed. */
export class RecordUnavailable extends ClientError {
  readonly code = 'record-unavailable';
}

/** More waits than may. Coming back later may succeed. */
export class Overloaded extends ClientError {
  readonly code = 'overloaded';
}

/** Temporal answers, but nobody does the work. */
export class NoWorker extends ClientError {
  readonly code = 'no-worker';
}

/** No incident goes by this id. */
export class IncidentNotFound extends ClientError {
  readonly code = 'not-found';
}

/** The given part of an id belongs to several incidents. */
export class AmbiguousId extends ClientError {
  readonly code = 'ambiguous-id';
}

/** The incident is there and does not take this: it is closed, or its own rules forbid it. */
export class Refused extends ClientError {
  readonly code = 'refused';
}

/** What was asked for cannot be right whoever answers. */
export class BadInput extends ClientError {
  readonly code = 'bad-input';
}
