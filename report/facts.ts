import type { Change } from '../model/change.js';
import type { Diagnosis, Evidence, FaultKind, Movement, Suspect, Symptom } from '../model/diagnosis.js';
import type { IncidentRecord, IncidentState } from '../model/incident.js';
import { FAULT_TYPE_WORDS, wholePercent } from '../model/wording.js';
import type { SeriesMeta, SignalKind, Subject } from '../model/series.js';

/** A movement and the series that showed it. */
export interface Shown {
  movement: Movement;
  series: SeriesMeta;
}

/** What the sentences are made of, picked from a record once. Times in unix seconds. */
export interface Facts {
  record: IncidentRecord;
  diagnosis: Diagnosis | null;
  /** The service whose symptom is explained. */
  service: string;
  /** The affected service's own symptom; null when no measurement shows it. */
  symptom: Shown | null;
  /** T+0: onset of that symptom, else the beginning of the incident, else of its first alert. */
  zero: number;
  /** What `zero` is, in words. */
  zeroIs: string;
  /** The suspect that the verdict names. */
  suspect: Suspect | null;
  /** What the suspect itself showed, in the statistic of the symptom where it has that. */
  cause: Shown | null;
  /** The change that the verdict names. */
  change: Change | null;
  /** When the incident was closed; null while it is open. */
  closedAt: number | null;
}

const SIGNALS_OF: Record<IncidentRecord['anomalies'][number]['symptom'], readonly SignalKind[]> = {
  latency: ['latency'],
  errors: ['errors'],
  traffic: ['traffic'],
  availability: ['availability', 'errors'],
  saturation: ['saturation', 'cpu', 'memory', 'disk', 'network', 'connections'],
  other: [],
};

export function factsOf(record: IncidentRecord): Facts {
  const { diagnosis } = record;
  const service = diagnosis?.anomaly.service ?? record.service;
  const { symptom, suspect, cause } = diagnosis
    ? shownBy(diagnosis)
    : { symptom: null, suspect: null, cause: null };
  const changeId = diagnosis?.verdict.changeId ?? null;
  return {
    record,
    diagnosis,
    service,
    symptom,
    ...zeroOf(record, symptom, service),
    suspect,
    cause,
    change: record.changes.find(({ id }) => id === changeId) ?? null,
    closedAt: record.timings.closedAt,
  };
}

/** What the first lines of a diagnosis show: the symptom, the suspect that the verdict names, and its deviation. */
export function shownBy(diagnosis: Diagnosis): {
  symptom: Symptom | null;
  suspect: Suspect | null;
  cause: Shown | null;
} {
  const suspect = suspectOf(diagnosis);
  const symptom = symptomOf(diagnosis, diagnosis.anomaly.service);
  return {
    symptom,
    suspect,
    cause: suspect && causeOf(diagnosis, suspect, symptom),
  };
}

/** The service or host that a series is about; a call belongs to the callee. */
export function ownerOf(subject: Subject): string {
  if (subject.kind === 'service') return subject.service;
  return subject.kind === 'edge' ? subject.callee : subject.host;
}

function symptomOf({ symptoms, anomaly }: Diagnosis, service: string): Symptom | null {
  const own = symptoms.filter(
    ({ subject, movement, series }) => ownerOf(subject) === service && isWorse(movement, series),
  );
  const wanted = SIGNALS_OF[anomaly.symptom];
  const served = own.filter(({ series }) => series.perspective === 'server');
  const fits = ({ signal }: Symptom) => wanted.includes(signal);
  return served.find(fits) ?? own.find(fits) ?? served[0] ?? own[0] ?? null;
}

function isWorse(movement: Movement, series: SeriesMeta): boolean {
  return series.worse === 'either' || series.worse === movement.direction;
}

function zeroOf(record: IncidentRecord, symptom: Symptom | null, service: string) {
  const { diagnosis, anomalies, timings } = record;
  if (symptom) return { zero: symptom.movement.onset.time, zeroIs: `first symptom of ${service}` };
  if (diagnosis?.onset) return { zero: diagnosis.onset.time, zeroIs: 'beginning of the incident' };
  if (anomalies.length > 0) {
    return { zero: Math.min(...anomalies.map(({ startedAt }) => startedAt)), zeroIs: 'first alert' };
  }
  return { zero: timings.openedAt, zeroIs: 'opening of the incident' };
}

function suspectOf({ suspects, verdict }: Diagnosis): Suspect | null {
  if (verdict.service === null) return null;
  return suspects.find(({ service }) => service === verdict.service) ?? null;
}

/** Kinds of evidence that the suspect itself shows, not its neighbours. */
const OWN_KINDS: readonly string[] = ['local-symptom', 'resource', 'load', 'silence', 'shared-host'];

/**
 * The movement that the cause is shown by: the suspect's heaviest own observation. Where that is the signal of the
 * affected service's symptom, it is told in the same statistic (p95 beside p95), so that the two can be compared.
 */
function causeOf(diagnosis: Diagnosis, suspect: Suspect, symptom: Shown | null): Shown | null {
  const shown = suspect.evidence
    .filter(({ stance, kind }) => stance === 'for' && OWN_KINDS.includes(kind))
    .flatMap(({ movement, series, weight }) => (movement && series ? [{ movement, series, weight }] : []))
    .sort((a, b) => b.weight - a.weight);
  const own = diagnosis.symptoms.filter(({ subject }) => ownerOf(subject) === suspect.service);
  const [strongest = own[0]] = shown;
  if (!strongest) return null;
  const { series } = strongest;
  const alike = [...shown, ...own].filter(
    (one) => one.series.name === symptom?.series.name && one.series.signal === series.signal,
  );
  const best = alike.find((one) => one.series.perspective === series.perspective) ?? alike[0] ?? strongest;
  return { movement: best.movement, series: best.series };
}

/** Share below which another fault type is not worth a word. */
const WORTH_A_WORD = 0.1;
/** A fault type with less than this share is not named as what it is. */
const CLEAR = 0.5;

/** The fault type of the suspect, if it is more likely than all others together; null when it is unclear. */
export function clearFaultType({ faultKinds }: Suspect): FaultKind | null {
  const [first] = [...faultKinds].sort((a, b) => b.probability - a.probability);
  return first && first.kind !== 'unknown' && first.probability >= CLEAR ? first.kind : null;
}

/**
 * The fault types of a suspect with their shares, most likely first: `Fault type: pool saturation 80 %, network 20 %`,
 * `Fault type unclear: network 45 %, code change 30 %` where none has half of the belief.
 */
export function faultTypeWords(suspect: Suspect): string {
  const known = suspect.faultKinds
    .filter(({ kind, probability }) => kind !== 'unknown' && probability >= WORTH_A_WORD)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 3)
    .map(({ kind, probability }) => `${FAULT_TYPE_WORDS[kind]} ${wholePercent(probability)}`);
  const words = clearFaultType(suspect) === null ? 'Fault type unclear' : 'Fault type';
  return known.length === 0 ? words : `${words}: ${known.join(', ')}`;
}

/**
 * The heaviest observation for the suspect that the verdict names, which part of it suffers where that was seen, and
 * what else is heaviest, three in all; and the heaviest one against it.
 */
export function strongestReasons({ suspect }: Pick<Facts, 'suspect'>): Evidence[] {
  const heaviest = [...(suspect?.evidence ?? [])].sort((a, b) => b.weight - a.weight);
  const part = heaviest.find(({ stance, kind }) => stance === 'for' && kind === 'slice');
  const [first, ...others] = heaviest.filter((one) => one.stance === 'for' && one !== part);
  return [
    ...[first, part, ...others].filter((one) => one !== undefined).slice(0, 3),
    ...heaviest.filter(({ stance }) => stance === 'against').slice(0, 1),
  ];
}

/** What to do next, at most three; none once the incident is over or a person found another cause. */
export function actionsOf(facts: Facts): Diagnosis['nextActions'] {
  return mayAct(facts) ? (facts.diagnosis?.nextActions.slice(0, 3) ?? []) : [];
}

/** Whether what the diagnosis advises still holds. */
export function mayAct({ diagnosis, record, closedAt }: Facts): boolean {
  return diagnosis !== null && closedAt === null && (record.feedback?.grade ?? 'right') === 'right';
}

export const LEVEL_WORDS: Record<Diagnosis['verdict']['level'], string> = {
  confirmed: 'Confirmed',
  suspected: 'Suspected',
  inconclusive: 'Inconclusive',
};

export const STATE_WORDS: Record<IncidentState, string> = {
  investigating: 'open, first investigation running',
  following: 'open, re-evaluated on a timer',
  resolved: 'resolved',
  expired: 'closed at the time limit, not resolved',
  cancelled: 'cancelled',
  merged: 'merged into another incident',
};

/** Whether the first investigation is still running. */
export function isInvestigating({ state }: IncidentRecord): boolean {
  return state === 'investigating';
}
