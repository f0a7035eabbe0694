import type { Change } from '../model/change.js';
import type { IncidentRecord } from '../model/incident.js';
import { text, type Span, type Text } from './document.js';
import { missingOf, relevantMissingWords } from './missing.js';
import { oneLine, shortName } from './escape.js';
import {
  actionsOf,
  factsOf,
  faultTypeWords,
  isInvestigating,
  LEVEL_WORDS,
  type Facts,
  type Shown,
} from './facts.js';
import { beforeAfter, count, listOf, wholePercent } from '../model/wording.js';
import { clock, clockMinute, day, offset } from './format.js';
import { callWords, firstAlertWords, foundInstead } from './status.js';

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
  if (record.feedback && record.feedback.grade !== 'right') return 'Corrected';
  if (diagnosis) return LEVEL_WORDS[diagnosis.verdict.level];
  return isInvestigating(record) ? 'Diagnosing' : 'No diagnosis';
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
 * The probable cause with its confidence, as one sentence without its full stop; the confidence stands with the
 * service, which it is about. `payment (78 %): latency p95 20 ms -> 1.2 s from 10:38:05 (T-4m)`
 */
export function causeOf(facts: Facts, cite: Cite = NO_CITE): Text {
  const { diagnosis, record } = facts;
  if (!diagnosis) return [whyUnknown(record)];
  const { verdict } = diagnosis;
  if (verdict.service === null) return [oneLine(verdict.reason).replace(/\.$/, '')];
  const shown = [...changeClause(facts), ...movementClause(facts, cite)];
  const service: Span = { strong: shortName(verdict.service, 60) };
  const sure = wholePercent(verdict.confidence);
  return text`${service} (${sure})${shown.length > 0 ? text`: ${shown}` : mainReason(facts)}`;
}

/** Where the suspect itself shows no movement: why it is suspected. */
function mainReason({ suspect }: Facts): Text {
  const reasons = suspect?.evidence.filter(({ stance }) => stance === 'for') ?? [];
  const main = reasons.sort((a, b) => b.weight - a.weight)[0];
  return main ? [`: ${oneLine(main.statement, 200).replace(/\.$/, '')}`] : [];
}

/**
 * `; also possible: cart (41 %); one of these: 93 %`; nothing where the cause is confirmed or no other comes near it.
 */
function otherCandidates({ diagnosis, suspect }: Facts): Text {
  if (!diagnosis?.candidates || !suspect || diagnosis.verdict.level === 'confirmed') return [];
  const { services, coverage } = diagnosis.candidates;
  const others = diagnosis.suspects.filter(
    ({ service }) => service !== suspect.service && services.includes(service),
  );
  if (others.length === 0) return [];
  const named = others.flatMap(({ service, confidence }, index): Text => [
    ...(index === 0 ? [] : [', ']),
    ...text`${{ strong: shortName(service, 60) }} (${wholePercent(confidence)})`,
  ]);
  return text`; also possible: ${named}; one of these: ${wholePercent(coverage)}`;
}

/**
 * The cause in whole sentences: which service and how sure, what else comes near it, and the fault type. A person's
 * correction comes before what the diagnosis said.
 */
export function causeSentences(facts: Facts, cite: Cite = NO_CITE): Text[] {
  const correction = correctionOf(facts);
  if (correction) return [correction, text`The diagnosis was: ${causeOf(facts, cite)}.`];
  const type = facts.suspect ? ` ${faultTypeWords(facts.suspect)}.` : '';
  const isUnlinked = facts.diagnosis?.verdict.rule === 'unlinked-lead';
  const link = isUnlinked ? ` No known call links ${facts.service} to it.` : '';
  const decided = facts.diagnosis?.decidedBy;
  const by = decided ? ` Decided by: ${oneLine(decided.statement, 240).replace(/\.$/, '')}.` : '';
  return [
    text`${causeIntroduction(facts)}: ${causeOf(facts, cite)}${otherCandidates(facts)}.${link}${type}${by}`,
  ];
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
  if (isInvestigating(record)) return 'the diagnosis is running';
  const [first, ...others] = missingOf(record);
  if (!first) return 'no diagnosis was made';
  const more = others.length > 0 ? `; ${count(others.length, 'more query', 'more queries')} had no data` : '';
  const { what, source, reason } = first;
  const because = `${source === null ? '' : `${oneLine(source, 40)}: `}${oneLine(reason, 160)}`;
  return `${oneLine(what, 80)} had no data (${because})${more}`;
}

/** How the cause is introduced, by how sure it is. */
export function causeIntroduction({ diagnosis, record }: Facts): string {
  if (!diagnosis) return isInvestigating(record) ? 'Root cause not known yet' : 'Root cause not known';
  const { level, service } = diagnosis.verdict;
  if (service === null) return 'No root cause found';
  return { confirmed: 'Root cause', suspected: 'Likely root cause', inconclusive: 'Inconclusive; best lead' }[
    level
  ];
}

/** The paragraphs of the summary: what is broken and for whom; the cause and how sure; what to do next. */
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
    const measured =
      facts.diagnosis === null
        ? ''
        : facts.diagnosis.verdict.rule === 'nothing-read'
          ? '; none of its metrics could be read'
          : '; none of its own metrics deviates from its baseline';
    return text`${who}: ${alert === null ? 'no alert' : `alert ${alert}`} ${when}${measured}${call}.`;
  }
  const { movement, series } = symptom;
  const moved = `${oneLine(series.name, 40)} went ${beforeAfter(movement.before, movement.after, movement.unit)}`;
  return text`${who}: ${moved} at ${clock(zero)} UTC${closedAt === null ? '' : `, closed at ${clock(closedAt)}`}${cite(symptom)}; ${reachWords(facts)}${call}.`;
}

function reachWords({ diagnosis, service }: Facts): string {
  const radius = diagnosis?.blastRadius ?? [];
  if (radius.length === 0) return 'other affected services are not known';
  const others = radius.filter((one) => one !== service).map((one) => shortName(one, 40));
  if (others.length === 0) return 'no other service is affected';
  return `also affected: ${listOf(others)}`;
}

/** What a person found instead. */
function correctionOf({ record }: Facts): Text | null {
  const verdict = record.feedback;
  if (!verdict || verdict.grade === 'right') return null;
  const cause = foundInstead(verdict);
  const instead = cause === '' ? '' : `: it was ${cause}`;
  return text`${{ strong: 'Corrected' }} by ${oneLine(verdict.by, 80)}${instead}.`;
}

/** What to do next, and how much that bears on the answer is missing. */
function nextSentence(facts: Facts): Text | null {
  const [action] = actionsOf(facts);
  const missing = relevantMissingWords(facts.record);
  if (action) {
    const also = missing === '' ? '' : `; ${missing} (see Not checked)`;
    return text`Next: ${oneLine(action.title, 160).replace(/\.$/, '')} (${action.risk})${also}.`;
  }
  return missing === '' ? null : [`${missing[0]!.toUpperCase()}${missing.slice(1)} (see Not checked).`];
}
