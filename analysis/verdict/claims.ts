import { wholePercent } from '../../model/wording.js';
import type { Evidence, FaultKind, Onset, Verdict } from '../../model/diagnosis.js';
import type { SignalKind } from '../../model/series.js';
import { kindOfResource } from '../fault-kind.js';
import type { Ranked } from '../rank.js';
import { CALIBRATION, RULES } from '../weights.js';

/** What a level needs to be decided. */
export interface Claim {
  level: Verdict['level'];
  /** Belief in the leading suspect: what is not confirmed is never told as all but certain. */
  confidence: number;
  rule: string;
  reason: string;
}

/** What the rules look at. `names` are those of the call graph. */
export interface Case {
  names: string[];
  ranked: Ranked[];
  confidence: number;
  /** How sure one can be at most with what could be seen, and what would have to be seen to be surer. */
  most: number;
  missing: string | null;
  /** What the fault is held for, and how far that is believed if it began at the leading service. */
  faultKind: FaultKind;
  kindBelief: number;
  /** What is missing between the leading service and the alert; null for nothing. See proof.ts. */
  unproven: string | null;
  /** Changes that deal with what fails: that one merely came shortly before proves nothing. */
  explaining: ReadonlySet<string>;
  /** Whether the leading service is not ours. */
  isExternal: boolean;
  /** When it began to hurt; null when that is not known. */
  firstSymptom: Onset | null;
  /** The alerting service, if no known call links it to the leading one; else null. */
  unlinkedTo: string | null;
  /** Why no latency, errors, traffic or resource of any service was read; null when something was. */
  unread: string | null;
}

type Ruling = Omit<Claim, 'confidence'>;
type Rule = (given: Case) => Ruling | null;

/**
 * The level of the claim: the first rule that applies decides. Degraded performance is never a cause in itself,
 * so a symptom alone confirms nothing.
 */
export function claimOf(given: Case): Claim {
  const seen = { ...given, confidence: Math.min(given.confidence, given.most) };
  const most = { ...seen, confidence: Math.min(seen.confidence, CALIBRATION.mostUnconfirmed) };
  for (const rule of [nothingRead, nothingAbnormal, tooWeak, unsettled, undecided]) {
    const ruling = rule(most);
    if (ruling !== null) return { ...ruling, confidence: most.confidence };
  }
  const confirmed = stateChangeWithMechanism(seen);
  if (confirmed !== null) return { ...confirmed, confidence: seen.confidence };
  return { ...strongestLead(most), confidence: most.confidence };
}

/** What was not looked at was not found normal. */
const nothingRead: Rule = ({ ranked, unread }) =>
  (ranked[0]?.score ?? 0) > 0 || unread === null
    ? null
    : { level: 'inconclusive', rule: 'nothing-read', reason: unread };

const nothingAbnormal: Rule = ({ ranked }) =>
  (ranked[0]?.score ?? 0) > 0
    ? null
    : {
        level: 'inconclusive',
        rule: 'nothing-abnormal',
        reason: 'No service deviated from its baseline around the time of the alert.',
      };

const tooWeak: Rule = ({ ranked, names }) =>
  ranked[0]!.score >= RULES.leastScore
    ? null
    : {
        level: 'inconclusive',
        rule: 'too-weak',
        reason: `No service deviated clearly from its baseline; the weak evidence points to ${names[ranked[0]!.service]!}.`,
      };

/** It may lead by far: with what was seen nobody could tell. */
const unsettled: Rule = ({ ranked, names, most, missing }) =>
  most >= RULES.leastConfidence || missing === null
    ? null
    : {
        level: 'inconclusive',
        rule: 'unsettled',
        reason: `${names[ranked[0]!.service]!} leads, but what would settle it is not known: ${missing.charAt(0).toLowerCase()}${missing.slice(1)}.`,
      };

const undecided: Rule = ({ ranked, names, confidence }) => {
  const [first, second] = ranked;
  if (confidence >= RULES.leastConfidence || second === undefined) return null;
  return {
    level: 'inconclusive',
    rule: 'undecided',
    reason: `${names[first!.service]!} leads, but not clearly before ${names[second.service]!}: ${wholePercent(confidence)} is too little for a verdict.`,
  };
};

/** Evidence of a state that changed, rather than of suffering: complaints, in metrics or in lines, are no state. */
const STATES = new Set<Evidence['kind']>([
  'resource',
  'load',
  'change',
  'check',
  'state',
  'shared-host',
  'silence',
]);
/** Resources that are used up. Queues, pools and bytes grow with waiting and traffic: effects as often as causes. */
const CONSUMED = new Set<SignalKind>(['cpu', 'memory', 'disk']);
/** Evidence that the state does harm. */
const MECHANISMS = new Set<Evidence['kind']>(['local-symptom', 'explains-callers', 'trace', 'log']);

const stateChangeWithMechanism: Rule = (given) => {
  const { evidence } = given.ranked[0]!;
  const speaks = evidence.filter(({ stance }) => stance === 'for');
  const against = evidence.filter(({ stance }) => stance === 'against');
  const clear = speaks.filter(({ weight }) => weight >= RULES.clearWeight);
  const states = clear.filter((one) => isStateChange(one, given));
  // Of what somebody did and what it did to the machine, the deed is the cause; else what the fault is named after.
  const state =
    states.find(({ kind }) => kind === 'change') ??
    states.find(({ kind }) => kind === 'resource') ??
    states[0];
  const mechanism = clear.find((one) => one !== state && MECHANISMS.has(one.kind));
  const contradicted = sum(against) > RULES.contradicted * sum(speaks);
  if (state === undefined || mechanism === undefined || contradicted || given.confidence < RULES.confirmed)
    return null;
  if (given.unproven !== null || given.kindBelief < RULES.leastKind) return null;
  return {
    level: 'confirmed',
    rule: 'state-change-with-mechanism',
    reason: `${firstSentence(state.statement)}; this explains the symptom: ${firstSentence(mechanism.statement)}.`,
  };
};

/** A little more CPU on the way confirms no fault of the network: a resource only confirms its own kind of fault. */
function namesTheFault(series: Evidence['series'], faultKind: FaultKind): boolean {
  return series !== null && CONSUMED.has(series.signal) && kindOfResource(series.signal) === faultKind;
}

/** A state that changed, and not after the first symptom: what comes later is an effect. */
function isStateChange(
  { kind, observation, series, movement, changeId }: Evidence,
  { isExternal, firstSymptom, faultKind, explaining }: Case,
): boolean {
  if (!STATES.has(kind)) return false;
  if (kind === 'change' && !explaining.has(changeId ?? '')) return false;
  if (kind === 'load' && faultKind !== 'traffic-surge') return false;
  // Calls that are no longer made are an effect as often as a cause: only who reports nothing any more has changed its
  // state.
  if (kind === 'silence' && !observation.startsWith('reports of ')) return false;
  // Of a service that is not ours, checks see what its callers feel, and no state.
  if (kind === 'check' && isExternal) return false;
  if (kind === 'resource' && !namesTheFault(series, faultKind)) return false;
  if (movement === null || firstSymptom === null) return true;
  const slack =
    RULES.onsetSlack * Math.max(movement.onset.uncertaintySeconds, firstSymptom.uncertaintySeconds);
  return movement.onset.time <= firstSymptom.time + slack;
}

function strongestLead({ ranked, names, confidence, unlinkedTo, unproven }: Case): Ruling {
  if (unlinkedTo !== null) {
    const name = names[ranked[0]!.service]!;
    return {
      level: 'suspected',
      rule: 'unlinked-lead',
      reason: `${name} is the most likely cause (${wholePercent(confidence)}), but no known call links ${unlinkedTo} to it.`,
    };
  }
  return {
    level: 'suspected',
    rule: 'strongest-lead',
    reason: `${names[ranked[0]!.service]!} is the most likely cause (${wholePercent(confidence)}), but ${
      confidence < RULES.confirmed
        ? 'others are possible'
        : (unproven ?? 'no change of state that explains it was seen')
    }.`,
  };
}

function sum(evidence: Evidence[]): number {
  return evidence.reduce((total, { weight }) => total + weight, 0);
}

/** Without its full stop; numbers and versions keep their points. */
function firstSentence(text: string): string {
  return text.split(/\.(?=\s|$)/u)[0]!;
}
