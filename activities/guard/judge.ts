import type { Diagnosis, FaultKind, Symptom } from '../../model/diagnosis.js';
import type { GuardLook, GuardRequest } from '../../model/guard.js';
import type { Series } from '../../model/series.js';
import { count } from '../../model/wording.js';

/** Of fewer requests one that failed or was slow is a large share, and none says little. */
export const LEAST_REQUESTS = 20;

/** An onset is told from samples some of which come before: what began so shortly before the rollout began with it. */
const ONSET_SECONDS = 60;

/** What people feel of a service. */
const FELT = new Set(['latency', 'errors', 'availability']);

/**
 * What counts as harm, whatever the diagnosis suspects: latency or errors that rose by a quarter, and errors by half a
 * percent of all requests as well. Every rollout warms caches and connections, and less than this passes within a
 * look or two.
 */
const HARM = { factor: 1.25, errorShare: 0.005 };

/** Kinds of fault that come from outside, whatever is rolled out, unless the diagnosis names a change. */
const NOT_BY_ROLLOUT = new Set<FaultKind>(['traffic-surge', 'external-provider', 'host']);

type Judgement = Pick<GuardLook, 'finding' | 'reason'>;

/**
 * What one investigation says of a rollout: it fails when the service, or the change itself, is named as the cause of
 * what began with it; nothing can be told when nothing was read of the service since, too few have used it, or it is in
 * trouble that the investigation explains otherwise or not at all.
 *
 * @param service as the metrics call it
 * @param series all that was read; those of the service count
 */
export function judgeLook(
  diagnosis: Diagnosis,
  series: readonly Series[],
  { service, since, changeId }: Pick<GuardRequest, 'service' | 'since' | 'changeId'>,
): Judgement {
  const { verdict } = diagnosis;
  const hurt = diagnosis.symptoms.filter(isHarm);
  const isNamed = verdict.service === service || (changeId !== null && verdict.changeId === changeId);
  const isOfRollout = !NOT_BY_ROLLOUT.has(verdict.faultKind) || verdict.changeId !== null;
  if (hurt.length > 0 && verdict.level !== 'inconclusive' && isNamed && isOfRollout) {
    const began = beganAt(diagnosis);
    if (began !== null && began < since - ONSET_SECONDS) {
      return cannotTell(`${service} is in trouble that began before the rollout: ${verdict.reason}`);
    }
    const finding = verdict.level === 'confirmed' ? 'confirmed' : 'failing';
    return {
      finding,
      reason: `${verdict.level}: ${verdict.faultKind} at ${verdict.service}: ${verdict.reason}`,
    };
  }
  const unseen = unseenReason(service, series, since);
  if (unseen !== null) return cannotTell(unseen);
  const felt = hurt.find(({ subject }) => subject.kind === 'service' && subject.service === service);
  if (!felt) return { finding: 'healthy', reason: calmReason(service, series) };
  const other = verdict.level !== 'inconclusive' && verdict.service !== null ? verdict.service : null;
  const why =
    other === null
      ? 'what causes it is not clear'
      : `the diagnosis names ${verdict.faultKind} at ${other} as the cause`;
  return cannotTell(`${felt.series.name} of ${service} got worse, and ${why}`);
}

function isHarm({ signal, movement: { before, after, unit, direction } }: Symptom): boolean {
  if (!FELT.has(signal)) return false;
  if (signal === 'availability') return direction === 'down';
  const isMore = after >= before * HARM.factor;
  return signal === 'errors' && unit === '1' ? isMore && after - before >= HARM.errorShare : isMore;
}

function beganAt({ verdict, suspects, onset }: Diagnosis): number | null {
  const begun = suspects.find(({ service }) => service === verdict.service)?.onset ?? onset;
  return begun === null ? null : begun.time + begun.uncertaintySeconds;
}

function calmReason(service: string, series: readonly Series[]): string {
  const seen = new Set(ofService(service, series).map(({ signal }) => signal));
  const unseen = (['latency', 'errors'] as const).filter((signal) => !seen.has(signal));
  const but = unseen.length === 0 ? '' : `; its ${unseen.join(' and ')} could not be read`;
  return `Nothing that people feel of ${service} got worse with the rollout${but}`;
}

/** The series that were measured of the service itself, now. */
function ofService(service: string, series: readonly Series[]): Series[] {
  return series.filter(
    ({ subject, earlier }) =>
      earlier === undefined && subject.kind === 'service' && subject.service === service,
  );
}

/** Why the service cannot be judged; null when enough of it was seen. */
function unseenReason(service: string, series: readonly Series[], since: number): string | null {
  const own = ofService(service, series);
  const felt = own.filter(({ signal }) => FELT.has(signal));
  if (felt.length === 0) return `Neither latency nor errors of ${service} could be read`;
  if (!felt.some((one) => samplesSince(one, since) > 0))
    return `Nothing was read of ${service} since the rollout`;
  const traffic = own.filter(({ signal, unit }) => signal === 'traffic' && unit === 'req/s');
  if (traffic.length === 0) return null;
  const requests = Math.round(Math.max(...traffic.map((one) => requestsSince(one, since))));
  if (requests >= LEAST_REQUESTS) return null;
  return `${service} had ${count(requests, 'request')} since the rollout; fewer than ${LEAST_REQUESTS} say nothing`;
}

function samplesSince({ times, values }: Series, since: number): number {
  return values.filter((value, i) => !Number.isNaN(value) && times[i]! >= since).length;
}

/** A rate times the time that each of its samples stands for. */
function requestsSince({ times, values }: Series, since: number): number {
  let requests = 0;
  for (let i = 1; i < times.length; i++) {
    const value = values[i]!;
    if (times[i]! >= since && !Number.isNaN(value)) requests += value * (times[i]! - times[i - 1]!);
  }
  return requests;
}

function cannotTell(reason: string): Judgement {
  return { finding: 'cannot-tell', reason };
}
