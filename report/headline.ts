import type { Change } from '../model/change.js';
import type { IncidentRecord } from '../model/incident.js';
import { text, type Span, type Text } from './document.js';
import { unseenOf } from './doubts.js';
import { oneLine, shortName } from './escape.js';
import { actionsOf, factsOf, FAULT_WORDS, isLooking, LEVEL_WORDS, type Facts, type Shown } from './facts.js';
import { beforeAfter, clock, clockMinute, confidence, count, day, listOf, offset } from './format.js';
import { callWords, firstAlertWords, foundInstead } from './standing.js';

/** Longest title, in characters: it becomes the subject of messages and tickets. */
export const LONGEST_TITLE = 80;

/** Names the query behind a movement; nothing where there is no list of queries to point into. */
export type Cite = (shown: Shown) => Text;

const NO_CITE: Cite = () => [];

/**
 * The first line: how sure, what is broken, how badly and since when, in at most 80 characters.
 * `[Suspected] checkout: errors 0.3 % -> 14 % since 10:42 UTC`
 */
export function titleOf(record: IncidentRecord): string {
  const facts = factsOf(record);
  const badge = `[${badgeOf(facts)}] `;
  const rest = `: ${whatIsBroken(facts)} ${sinceWhen(facts)}`;
  const room = LONGEST_TITLE - badge.length - rest.length;
  return shortName(`${badge}${shortName(facts.service, Math.max(room, 12))}${rest}`, LONGEST_TITLE);
}

/** What is told of the verdict, or of the end of the incident. */
function badgeOf({ record, diagnosis, closedAt }: Facts): string {
  if (record.state === 'resolved')
    return closedAt === null ? 'Resolved' : `Resolved ${clockMinute(closedAt)}`;
  if (record.state === 'expired') return 'Unresolved at limit';
  if (record.state === 'cancelled') return 'Cancelled';
  if (record.state === 'merged') return 'Merged';
  if (record.feedback?.correct === false) return 'Corrected';
  if (diagnosis) return LEVEL_WORDS[diagnosis.verdict.level];
  return isLooking(record) ? 'Diagnosing' : 'No diagnosis';
}

function whatIsBroken({ record, diagnosis, symptom }: Facts): string {
  if (symptom) {
    const { movement, series } = symptom;
    return `${series.signal} ${beforeAfter(movement.before, movement.after, movement.unit)}`;
  }
  const kind = diagnosis?.anomaly.symptom ?? record.anomalies[0]?.symptom ?? 'other';
  return kind === 'other' ? 'alert' : `${kind} alert`;
}

function sinceWhen({ zero, closedAt, record }: Facts): string {
  const days = day(zero) === day(record.timings.openedAt) ? '' : `${day(zero)} `;
  return closedAt === null ? `since ${days}${clockMinute(zero)} UTC` : `from ${days}${clockMinute(zero)} UTC`;
}

/**
 * The probable cause and how sure that is, as one sentence without its full stop.
 * `payment: latency 20 ms -> 1.2 s from 10:38:05 (T-4m), pool saturation; confidence 78 %`
 */
export function causeOf(facts: Facts, cite: Cite = NO_CITE): Text {
  const { diagnosis, record } = facts;
  if (!diagnosis) return [whyUnknown(record)];
  const { verdict } = diagnosis;
  if (verdict.service === null) return [oneLine(verdict.reason).replace(/\.$/, '')];
  const did = [...changeClause(facts), ...movementClause(facts, cite)];
  const sure = `${FAULT_WORDS[verdict.faultKind]}; confidence ${confidence(verdict.confidence)}`;
  const service: Span = { strong: shortName(verdict.service, 60) };
  if (did.length > 0) return text`${service}: ${did}, ${sure}`;
  return text`${service}: ${sure}${mainReason(facts)}`;
}

/** Where the suspect itself moved in no way that can be shown: why it is suspected. */
function mainReason({ suspect }: Facts): string {
  const reasons = suspect?.evidence.filter(({ stance }) => stance === 'for') ?? [];
  const main = reasons.sort((a, b) => b.weight - a.weight)[0];
  return main ? ` (${oneLine(main.statement, 200).replace(/\.$/, '')})` : '';
}

/** A runner-up as strong as this is named wherever the cause is: two things may be broken at once. */
const WORTH_NAMING = 0.2;

/** `; also possible: cart, code change (41 %)`; nothing where the cause is confirmed or no other comes near it. */
function runnerUp({ diagnosis, suspect }: Facts): Text {
  if (!diagnosis || !suspect || diagnosis.verdict.level === 'confirmed') return [];
  const near = diagnosis.suspects.find(
    (other) =>
      other.service !== suspect.service &&
      other.status !== 'ruled-out' &&
      other.confidence >= Math.max(WORTH_NAMING, suspect.confidence / 2),
  );
  if (!near) return [];
  const sure = confidence(near.confidence);
  return text`; also possible: ${{ strong: shortName(near.service, 60) }}, ${FAULT_WORDS[near.faultKind]} (${sure})`;
}

/**
 * The cause in whole sentences: how sure, which, and what else comes near it. Where a person found another, that
 * goes before what the diagnosis said.
 */
export function causeSentences(facts: Facts, cite: Cite = NO_CITE): Text[] {
  const correction = correctionOf(facts);
  if (correction) return [correction, text`The diagnosis had said: ${causeOf(facts, cite)}.`];
  return [text`${causeIntroduction(facts)}: ${causeOf(facts, cite)}${runnerUp(facts)}.`];
}

function changeClause({ change, zero, cause }: Facts): Text {
  if (!change) return [];
  return text`${changeWords(change)} at ${clock(change.time)} (${offset(change.time, zero)})${cause ? ', then ' : ''}`;
}

/** `deploy "Use a smaller pool" (4f2a91c)`. */
export function changeWords(change: Change): string {
  const title = oneLine(change.title, 80);
  const id = shortName(change.id, 20);
  if (title === '') return `${change.kind} ${id}`;
  return title.includes(id) ? `${change.kind} "${title}"` : `${change.kind} "${title}" (${id})`;
}

function movementClause({ cause, zero }: Facts, cite: Cite): Text {
  if (!cause) return [];
  const { movement, series } = cause;
  const { time } = movement.onset;
  const what = `${oneLine(series.name, 40)} ${beforeAfter(movement.before, movement.after, movement.unit)}`;
  return text`${what} from ${clock(time)} (${offset(time, zero)})${cite(cause)}`;
}

function whyUnknown(record: IncidentRecord): string {
  if (isLooking(record)) return 'the diagnosis is running';
  const [first, ...others] = unseenOf(record);
  if (!first) return 'no diagnosis was made';
  const more = others.length > 0 ? `; ${count(others.length, 'more thing')} could not be looked at` : '';
  const { what, source, reason } = first;
  const because = `${source === null ? '' : `${oneLine(source, 40)}: `}${oneLine(reason, 160)}`;
  return `${oneLine(what, 80)} could not be seen (${because})${more}`;
}

/** How the cause is introduced, by how sure it is. */
export function causeIntroduction({ diagnosis, record }: Facts): string {
  if (!diagnosis) return isLooking(record) ? 'Cause not known yet' : 'Cause not known';
  const { level, service } = diagnosis.verdict;
  if (service === null) return 'No cause found';
  return { confirmed: 'Cause', suspected: 'Suspected cause', inconclusive: 'Not settled; strongest lead' }[
    level
  ];
}

/** At most three sentences: what is broken and for whom; the cause and how sure; what to do next. */
export function summaryOf(facts: Facts, cite: Cite = NO_CITE): Text[] {
  const sentences = situationOf(facts, cite);
  const next = correctionOf(facts) ? null : nextSentence(facts);
  return next === null ? sentences : [...sentences, next];
}

/** What is broken and why, without what to do. */
export function situationOf(facts: Facts, cite: Cite = NO_CITE): Text[] {
  return [brokenSentence(facts, cite), ...causeSentences(facts, cite)];
}

function brokenSentence(facts: Facts, cite: Cite): Text {
  const { record, symptom, service, zero, closedAt } = facts;
  const who: Span = { strong: shortName(service, 60) };
  const called = callWords(record);
  const call = called === null ? '' : `; ${called}`;
  if (!symptom) {
    const alert = firstAlertWords(record);
    const when =
      closedAt === null ? `since ${clock(zero)} UTC` : `from ${clock(zero)} to ${clock(closedAt)} UTC`;
    const measured = facts.diagnosis ? '; none of its own measurements moved' : '';
    return text`${who}: ${alert === null ? 'no alert' : `alert ${alert}`} ${when}${measured}${call}.`;
  }
  const { movement, series } = symptom;
  const moved = `${oneLine(series.name, 40)} went ${beforeAfter(movement.before, movement.after, movement.unit)}`;
  return text`${who}: ${moved} at ${clock(zero)} UTC${closedAt === null ? '' : `, closed at ${clock(closedAt)}`}${cite(symptom)}; ${reachWords(facts)}${call}.`;
}

function reachWords({ diagnosis, service }: Facts): string {
  const radius = diagnosis?.blastRadius ?? [];
  if (radius.length === 0) return 'how far it reaches is not known';
  const others = radius.filter((one) => one !== service).map((one) => shortName(one, 40));
  if (others.length === 0) return 'no other service shows a symptom';
  return `symptoms also at ${listOf(others)}`;
}

/** What a person found instead: from then on the most important thing to know. */
function correctionOf({ record }: Facts): Text | null {
  const verdict = record.feedback;
  if (!verdict || verdict.correct) return null;
  const cause = foundInstead(verdict);
  const instead = cause === '' ? '' : `: it was ${cause}`;
  return text`${{ strong: 'Corrected' }} by ${oneLine(verdict.by, 80)}${instead}.`;
}

/** What to do, or that part of the picture is missing. */
function nextSentence(facts: Facts): Text | null {
  const { diagnosis, record } = facts;
  const [action] = actionsOf(facts);
  const missing = diagnosis ? unseenOf(record).length : 0;
  const unseen = `${count(missing, 'thing')} could not be looked at`;
  if (action) {
    const also = missing > 0 ? `; ${unseen}` : '';
    return text`Next: ${oneLine(action.title, 160).replace(/\.$/, '')} (${action.risk})${also}.`;
  }
  return missing > 0 ? [`Seen in part only: ${unseen}.`] : null;
}
