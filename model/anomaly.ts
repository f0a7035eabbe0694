import { z } from 'zod';
import { SEVERITIES, SYMPTOM_KINDS } from './choices.js';

/** Seconds since the Unix epoch; fractions allowed. Every time in the model has this unit. */
export const unixSeconds = z.number().nonnegative();

/** What looks wrong from outside, in the terms of the golden signals. */
export const symptomKind = z.enum(SYMPTOM_KINDS);
export type SymptomKind = z.infer<typeof symptomKind>;

export const severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severity>;

/**
 * One signal about one symptom, whoever raised it.
 *
 * `fingerprint` is the identity of the alert at its source and survives repeats; together with `startedAt`
 * (and `recurrence`) it names one episode of that alert. Anomalies with the same `group` belong to one incident.
 */
export const anomaly = z.object({
  source: z.string().min(1),
  fingerprint: z.string().min(1),
  /** Short hash of what the source says belongs together (Alertmanager's receiver and group key). */
  group: z.string().min(1),
  status: z.enum(['firing', 'resolved']),
  environment: z.string().min(1),
  service: z.string().min(1),
  /** Kubernetes namespace and cluster of the service, as far as the alert tells: they belong to its identity. */
  namespace: z.string().min(1).optional(),
  cluster: z.string().min(1).optional(),
  symptom: symptomKind,
  severity,
  /** One line a person can read: the alert's name and summary. */
  title: z.string().min(1),
  startedAt: unixSeconds,
  /**
   * The source never says when an episode began: `startedAt` is the time of the message, so another in every repeat
   * and in the end. The fingerprint alone tells the alert then, and it has one episode at a time.
   */
  startUnknown: z.literal(true).optional(),
  /**
   * The episode (fingerprint and `startedAt`) fired again after its end, for the n-th time. Sources never set it:
   * triage does, when it has seen the end.
   */
  recurrence: z.number().int().positive().optional(),
  endedAt: unixSeconds.nullable(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  links: z.array(z.object({ title: z.string(), url: z.string() })),
  /** Why it belongs to its incident, when it did not open it: `checkout calls payment, 40 s apart`. */
  joined: z.string().optional(),
});
export type Anomaly = z.infer<typeof anomaly>;
