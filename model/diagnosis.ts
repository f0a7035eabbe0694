import { z } from 'zod';
import { symptomKind, unixSeconds } from './anomaly.js';
import { FAULT_KINDS } from './choices.js';
import { gap } from './gap.js';
import { sliceFinding } from './slices.js';
import { seriesMeta, signalKind, subject } from './series.js';

export const faultKind = z.enum(FAULT_KINDS);
export type FaultKind = z.infer<typeof faultKind>;

/** When something began, with how far off that may be. */
export const onset = z.object({ time: unixSeconds, uncertaintySeconds: z.number().nonnegative() });
export type Onset = z.infer<typeof onset>;

/** How a signal deviated, in its own unit. `surprise` is the chance that baseline data deviate as much (0..1). */
export const movement = z.object({
  before: z.number(),
  after: z.number(),
  unit: z.string(),
  direction: z.enum(['up', 'down']),
  onset,
  surprise: z.number().min(0).max(1),
});
export type Movement = z.infer<typeof movement>;

/** One observation that speaks for or against one suspect. */
export const evidence = z.object({
  /** Names what was observed. Evidence with the same observation counts once. */
  observation: z.string(),
  kind: z.enum([
    'local-symptom',
    'resource',
    'unexplained-by-callees',
    'earliest-onset',
    'explains-callers',
    /** What its callers or callees have in common, where it shows nothing by itself. */
    'neighbours',
    'silence',
    'load',
    'shared-host',
    'change',
    'check',
    /** What a platform says of the state of the service: instances that do not start, a quota, an outage. */
    'state',
    'trace',
    'log',
    /** Which part of its requests suffers: one version, one pod, one route, or all alike. */
    'slice',
    'topology',
    'contradiction',
  ]),
  stance: z.enum(['for', 'against']),
  /** Share in the ranking, in the units of analysis/weights.ts; never negative. */
  weight: z.number().nonnegative(),
  /** One sentence in the product's voice, with its numbers. */
  statement: z.string(),
  movement: movement.nullable(),
  /** What to look at to verify it. */
  series: seriesMeta.nullable(),
  changeId: z.string().nullable(),
});
export type Evidence = z.infer<typeof evidence>;

export const suspect = z.object({
  service: z.string(),
  faultKind,
  /** Probability that this service is where it began, calibrated; the suspects' sum is at most 1. */
  confidence: z.number().min(0).max(1),
  /** Share of each fault kind if this service is the cause; sums to 1. */
  faultKinds: z.array(z.object({ kind: faultKind, probability: z.number().min(0).max(1) })),
  onset: onset.nullable(),
  changeId: z.string().nullable(),
  evidence: z.array(evidence),
  status: z.enum(['leading', 'possible', 'ruled-out']),
});
export type Suspect = z.infer<typeof suspect>;

/** One hop on the way from the cause to the symptom. */
export const propagationStep = z.object({
  from: z.string(),
  to: z.string(),
  /** `calls`: `to` calls `from` and suffers; `load`: `from` sends more to `to`; `host`: they share a host. */
  via: z.enum(['calls', 'load', 'host']),
  /** Seconds from the onset at `from` to the onset at `to`; null when one of them is not known. */
  lagSeconds: z.number().nullable(),
});

/** A signal of an affected service that moved. */
export const symptom = z.object({
  subject,
  signal: signalKind,
  movement,
  series: seriesMeta,
  /** The series over the window in a few even steps (at most 40), for a sparkline; null where it has a gap. */
  shape: z.array(z.number().nullable()).max(40).optional(),
});
export type Symptom = z.infer<typeof symptom>;

export const nextAction = z.object({
  title: z.string(),
  /** A command or a link; null when there is nothing to paste. */
  command: z.string().nullable(),
  risk: z.enum(['read-only', 'reversible', 'risky']),
  expect: z.string(),
});

export const verdict = z.object({
  level: z.enum(['confirmed', 'suspected', 'inconclusive']),
  /** The service where it began; when inconclusive, the strongest lead or null. */
  service: z.string().nullable(),
  faultKind,
  /** The change that triggered it, if one did. */
  changeId: z.string().nullable(),
  confidence: z.number().min(0).max(1),
  /** The rule that set the level, by its name in analysis/verdict/claims.ts. */
  rule: z.string(),
  /** Why that level, in one sentence. */
  reason: z.string(),
  /** What would settle it when it is not confirmed. */
  wouldSettle: z.array(z.string()),
});
export type Verdict = z.infer<typeof verdict>;

/** The services that an incident is about and their neighbours, and who calls whom among them. */
export const serviceMap = z.object({
  /** Those of the incident's story first; at most sixty. */
  services: z
    .array(
      z.object({
        name: z.string(),
        /** Outside the estate: seen by its callers only. */
        external: z.boolean(),
        /** Whether any golden signal of it was seen: without one, that it shows no symptom says nothing. */
        measured: z.boolean(),
        host: z.string().nullable(),
      }),
    )
    .max(60),
  /** At most two hundred. */
  calls: z
    .array(
      z.object({
        caller: z.string(),
        callee: z.string(),
        /** Requests per second in the baseline; null when they are not measured. */
        traffic: z.number().nullable(),
        /** The signals of these calls that got worse. */
        worse: z.array(signalKind),
      }),
    )
    .max(200),
  /** Known services that are not on it. */
  leftOut: z.number().int().nonnegative(),
});
export type ServiceMap = z.infer<typeof serviceMap>;

/** A trace of the incident that shows what happened. */
export const exemplaryTrace = z.object({
  /** At its source, hex. */
  traceId: z.string(),
  /** Where people look at it; null when no page is configured. */
  page: z.string().nullable(),
  /** `POST /cart/checkout of frontend`. */
  request: z.string(),
  /** What is to be seen in it: `1.8 s, of which payment 1.6 s (usually 210 ms)`. */
  statement: z.string(),
});
export type ExemplaryTrace = z.infer<typeof exemplaryTrace>;

/** What people wrote down for such a fault. */
export const runbook = z.object({
  title: z.string().max(200),
  /** Its name in the folder of runbooks. */
  file: z.string().max(300),
  /** Its first steps, at most ten; one may be cut. */
  steps: z.array(z.string().max(200)).max(10),
});
export type Runbook = z.infer<typeof runbook>;

/** A check whose result made the verdict what it is. */
export const decidingCheck = z.object({
  service: z.string(),
  /** One sentence: `Check orders-db locks of orders-db failed: 1 session waits for a lock ...`. */
  statement: z.string().max(500),
});
export type DecidingCheck = z.infer<typeof decidingCheck>;

/** What the analysis concludes. Bounded in size (see analysis/limits), so it may pass through workflow history. */
export const diagnosis = z.object({
  /** Version of the rules and weights that decided. */
  rulesVersion: z.string(),
  anomaly: z.object({ service: z.string(), symptom: symptomKind, time: unixSeconds }),
  window: z.object({ start: unixSeconds, end: unixSeconds, stepSeconds: z.number().positive() }),
  /** The time before the incident that everything was compared with. */
  baseline: z.object({ start: unixSeconds, end: unixSeconds }),
  onset: onset.nullable(),
  verdict,
  /** Best first, with evidence; at most ten. */
  suspects: z.array(suspect),
  /**
   * The fewest leading suspects that hold most of the belief, at most three, and how much: 'one of these two, 90 %'.
   * Null without a suspect.
   */
  candidates: z
    .object({ services: z.array(z.string()).max(3), coverage: z.number().min(0).max(1) })
    .nullable(),
  /** Every service that was considered, best first, with its score. */
  ranking: z.array(z.object({ service: z.string(), score: z.number() })),
  propagation: z.array(propagationStep),
  /** Strongest first; at most forty. */
  symptoms: z.array(symptom),
  /** Services that show a symptom, nearest to the cause first. */
  blastRadius: z.array(z.string()),
  ruledOut: z.array(z.object({ what: z.string(), why: z.string() })),
  gaps: z.array(gap),
  /** At most three. */
  nextActions: z.array(nextAction),
  /** At most three, the best first; absent where none fits. */
  runbooks: z.array(runbook).max(3).optional(),
  /** Absent where the verdict is the same without checks. */
  decidedBy: decidingCheck.optional(),
  looked: z.object({ services: z.number(), series: z.number(), samples: z.number() }),
  /** Absent where no call is known. */
  map: serviceMap.optional(),
  /** Which version, instance, place or endpoint of the leading suspects suffers; absent where none was compared. */
  slices: z.array(sliceFinding).max(15).optional(),
  /** At most three; absent where no trace was read that shows anything. */
  traces: z.array(exemplaryTrace).max(3).optional(),
});
export type Diagnosis = z.infer<typeof diagnosis>;
