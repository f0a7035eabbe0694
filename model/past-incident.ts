import { z } from 'zod';
import { severity, unixSeconds } from './anomaly.js';
import { faultKind, verdict } from './diagnosis.js';
import { feedbackGrade, incidentState } from './incident.js';
import type { Statistics } from './statistics.js';

/** One incident as the record of past incidents lists it. Times are unix seconds. */
export const pastIncident = z.object({
  id: z.string(),
  environment: z.string(),
  service: z.string(),
  severity,
  state: incidentState,
  title: z.string(),
  openedAt: unixSeconds,
  endedAt: unixSeconds.nullable(),
  acknowledgedBy: z.string().nullable(),
  level: verdict.shape.level.nullable(),
  /** What the diagnosis names, also when it is inconclusive. */
  causeService: z.string().nullable(),
  faultKind: faultKind.nullable(),
  confidence: z.number().nullable(),
  grade: feedbackGrade.nullable(),
  /** What a person found instead. */
  trueService: z.string().nullable(),
  trueKind: faultKind.nullable(),
});
export type PastIncident = z.infer<typeof pastIncident>;

/** A page of them, newest first. `next` is given back as `after` to get the page behind it; null on the last one. */
export interface PastIncidents {
  incidents: PastIncident[];
  next: string | null;
}

/** Which past incidents are meant, by when they were opened (unix seconds); what is left out does not filter. */
export interface PastFilters {
  since: number;
  until: number;
  environment?: string | undefined;
  /** The service that an incident is about, or that is its cause. */
  service?: string | undefined;
}

export interface PastListRequest extends PastFilters {
  state?: PastIncident['state'] | undefined;
  severity?: PastIncident['severity'] | undefined;
  /** Words of the title or the id. */
  words?: string | undefined;
  limit: number;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** The record of past incidents. Its methods reject with `RecordAway` when the database cannot be asked now. */
export interface RecordReader {
  list(request: PastListRequest): Promise<PastIncidents>;
  statistics(request: PastFilters): Promise<Statistics>;
}

/** The database of the record cannot be asked now. */
export class RecordAway extends Error {
  override readonly name = 'RecordAway';
}
