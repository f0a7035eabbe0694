import type { Change } from '../model/change.js';
import type { Diagnosis, Evidence, FaultKind, Movement, Suspect, Symptom } from '../model/diagnosis.js';
import type { IncidentRecord, IncidentState } from '../model/incident.js';
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
  /** What people feel: the affected service's own symptom; null when no measurement shows it. */
  symptom: Shown | null;
  /** T+0: onset of that symptom, else the beginning of the incident, else of its first alert. */
  zero: number;
  /** What `zero` is, in words. */
  zeroIs: string;
  /** The suspect that the verdict names. */
  suspect: Suspect | null;
  /** The strongest thing that the suspect itself did. */
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

/** What the first lines say of a diagnosis: the symptom, the suspect that the verdict names, and what that one did. */
export function shownBy(diagnosis: Diagnosis): {
  symptom: Symptom | null;
  suspect: Suspect | null;
  cause: Shown | null;
} {
  const suspect = suspectOf(diagnosis);
  return {
    symptom: symptomOf(diagnosis, diagnosis.anomaly.service),
    suspect,
    cause: suspect && causeOf(diagnosis, suspect),
  };
}

/** Whom a series is about, as one name; a call belongs to the one who serves it. */
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

/** Kinds of evidence that are deeds of the suspect itself, not of its neighbours. */
const OWN_DEEDS: readonly string[] = ['local-symptom', 'resource', 'load', 'silence', 'shared-host'];

function causeOf(diagnosis: Diagnosis, suspect: Suspect): Shown | null {
  const shown = suspect.evidence
    .filter(({ stance, kind }) => stance === 'for' && OWN_DEEDS.includes(kind))
    .flatMap(({ movement, series, weight }) => (movement && series ? [{ movement, series, weight }] : []))
    .sort((a, b) => b.weight - a.weight);
  const strongest = shown[0];
  if (strongest) return { movement: strongest.movement, series: strongest.series };
  return diagnosis.symptoms.find(({ subject }) => ownerOf(subject) === suspect.service) ?? null;
}

/** The three heaviest observations for the suspect that the verdict names, and the heaviest one against it. */
export function strongestReasons({ suspect }: Pick<Facts, 'suspect'>): Evidence[] {
  const heaviest = [...(suspect?.evidence ?? [])].sort((a, b) => b.weight - a.weight);
  return [
    ...heaviest.filter(({ stance }) => stance === 'for').slice(0, 3),
    ...heaviest.filter(({ stance }) => stance === 'against').slice(0, 1),
  ];
}

/** What to do next, at most three; nothing any more once it is over, or a person knows better. */
export function actionsOf(facts: Facts): Diagnosis['nextActions'] {
  return mayAct(facts) ? (facts.diagnosis?.nextActions.slice(0, 3) ?? []) : [];
}

/** Whether what the diagnosis advises still holds. */
export function mayAct({ diagnosis, record, closedAt }: Facts): boolean {
  return diagnosis !== null && closedAt === null && record.feedback?.correct !== false;
}

export const LEVEL_WORDS: Record<Diagnosis['verdict']['level'], string> = {
  confirmed: 'Confirmed',
  suspected: 'Suspected',
  inconclusive: 'Inconclusive',
};

export const FAULT_WORDS: Record<FaultKind, string> = {
  cpu: 'CPU shortage',
  memory: 'memory shortage',
  disk: 'disk trouble',
  network: 'network trouble',
  'dependency-down': 'unavailable',
  'code-change': 'code change',
  configuration: 'configuration',
  'traffic-surge': 'traffic surge',
  'pool-saturation': 'pool saturation',
  'external-provider': 'external provider',
  host: 'host trouble',
  unknown: 'kind of fault unknown',
};

export const STATE_WORDS: Record<IncidentState, string> = {
  investigating: 'open, first investigation under way',
  following: 'open, investigated again on a timer',
  resolved: 'resolved',
  expired: 'closed at the time limit, not resolved',
  cancelled: 'cancelled',
  merged: 'merged into another incident',
};

/** Whether a first look is still under way. */
export function isLooking({ state }: IncidentRecord): boolean {
  return state === 'investigating';
}
