import type { Diagnosis, Evidence } from '../model/diagnosis.js';
import type { IncidentRecord, IncidentState } from '../model/incident.js';
import { plain } from './document.js';
import { missingOf, type Missing } from './missing.js';
import { ruledOutOf } from './ruled-out.js';
import { linkTarget, oneLine, shortName } from './escape.js';
import {
  actionsOf,
  factsOf,
  clearFaultType,
  faultTypeWords,
  LEVEL_WORDS,
  STATE_WORDS,
  strongestReasons,
  type Facts,
} from './facts.js';
import { beforeAfter, factor, FAULT_TYPE_WORDS, wholePercent } from '../model/wording.js';
import { clock, duration, moment } from './format.js';
import { causeIntroduction, causeOf, causeSentences, titleOf } from './headline.js';
import { maskAddress } from './mask.js';
import {
  acknowledgedWords,
  alertCountWords,
  escalatedWords,
  feedbackWords,
  linksOf,
  radiusWords,
  traceLinksOf,
} from './status.js';

/*
 * The short form of a summary, as chat, tickets, pages and mail show it. It is data in plain text: cleaned of secrets
 * and control characters, with no markup; whoever shows it escapes for its own format.
 */

export interface Brief {
  /** `[Suspected] checkout: errors 0.3 % -> 14 % since 10:42 UTC`, at most 80 characters. */
  title: string;
  /** Level, state and acknowledgement: `suspected; open, re-evaluated on a timer; acknowledged by sam`. */
  status: string;
  /** One or two sentences with the confidence; what a person found instead comes first. */
  cause: string;
  /** Most important first, at most ten, none empty. */
  fields: BriefField[];
  /** The heaviest observations about the suspect that the verdict names: at most three for it, one against it. */
  why: Pick<Evidence, 'stance' | 'statement'>[];
  /** One line without its name, `ledger: Its latency stayed at 4 ms; and 2 more`; null when nothing was. */
  ruledOut: string | null;
  /** One line without its name; null when every source answered. */
  notChecked: string | null;
  /** At most three; none once the incident is over or a person found another cause. */
  actions: Diagnosis['nextActions'];
  /**
   * The report, the run, runbooks, the alerts, and traces to look at; secrets masked. Each sink checks what it makes a
   * link.
   */
  links: { title: string; url: string }[];
}

export interface BriefField {
  name: string;
  value: string;
}

const MOST_LINKS = 5;
/** Things that one line tells in full; the others are counted. */
const MOST_TOLD = 2;
const LONGEST_LINE = 300;

/** What a short message says of an incident, from the same facts as the whole summary. */
export function briefOf(record: IncidentRecord): Brief {
  const facts = factsOf(record);
  const ruledOut = facts.diagnosis ? ruledOutOf(facts.diagnosis) : [];
  return {
    title: titleOf(record),
    status: statusOf(facts),
    cause: causeSentences(facts).map(plain).join(' '),
    fields: fieldsOf(facts),
    why: strongestReasons(facts).map(({ stance, statement }) => ({
      stance,
      statement: oneLine(statement, LONGEST_LINE),
    })),
    ruledOut: lineOf(ruledOut.map(({ what, why }) => `${what}: ${why}`)),
    notChecked: lineOf(missingOf(record).map(missingWords)),
    actions: actionsOf(facts).map(({ title, command, risk, expect }) => ({
      title: oneLine(title, 200),
      command: command === null ? null : oneLine(command, 1000),
      risk,
      expect: oneLine(expect, LONGEST_LINE),
    })),
    links: [...linksOf(record).slice(0, MOST_LINKS), ...traceLinksOf(record)].map(({ title, url }) => ({
      title: oneLine(title, 60) || 'Link',
      url: addressOf(url),
    })),
  };
}

/** An address that can be followed as it may be; the report's path, or whatever else it is, as clean text. */
function addressOf(url: string): string {
  const masked = maskAddress(url);
  return linkTarget(masked) ?? oneLine(masked, LONGEST_LINE);
}

function statusOf({ record, diagnosis }: Facts): string {
  const { acknowledged, escalatedAt, state } = record;
  const sure = diagnosis ? [LEVEL_WORDS[diagnosis.verdict.level].toLowerCase()] : [];
  const taken = acknowledged ? [`acknowledged by ${oneLine(acknowledged.by, 80)}`] : [];
  const escalated = escalatedAt === null ? [] : [`escalated at ${clock(escalatedAt)} UTC`];
  return [...sure, STATE_WORDS[state], ...escalated, ...taken].join('; ');
}

function fieldsOf(facts: Facts): BriefField[] {
  const { record, diagnosis, symptom, suspect, zero, zeroIs, closedAt, change } = facts;
  const { feedback } = record;
  const ended = closedAt === null ? '' : `, closed after ${duration(closedAt - zero)}`;
  const values: Record<string, string | null> = {
    Impact: symptom && impactWords(symptom),
    'Blast radius': diagnosis && radiusWords(diagnosis.blastRadius),
    'Fault type': suspect && faultTypeWords(suspect).replace(/^Fault type:? /, ''),
    Started: `${moment(zero)} (${oneLine(zeroIs, 120)})${ended}`,
    Severity: `${record.severity}, in ${oneLine(record.environment, 80)}`,
    Alerts: alertCountWords(record),
    Escalated: escalatedWords(record),
    Acknowledged: acknowledgedWords(record),
    Feedback: feedback && oneLine(feedbackWords(feedback), LONGEST_LINE),
    'Change author': change?.author ? oneLine(change.author, 80) : null,
  };
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}

function impactWords({ series, movement }: NonNullable<Facts['symptom']>): string {
  const { before, after, unit } = movement;
  const change = factor(before, after);
  return `${oneLine(series.name, 60)} ${beforeAfter(before, after, unit)}${change === '' ? '' : ` (${change})`}`;
}

function missingWords({ what, source, reason }: Missing): string {
  return `${what} (${source === null ? '' : `${source}: `}${reason})`;
}

function lineOf(things: readonly string[]): string | null {
  if (things.length === 0) return null;
  const more = things.length - MOST_TOLD;
  const told = things.slice(0, MOST_TOLD).join('; ');
  return oneLine(more > 0 ? `${told}; and ${more} more` : told, 2 * LONGEST_LINE);
}

/**
 * What a reader of the summary as it was `before` must be told of it as it is `now`, a plain sentence each: a new
 * verdict, how far it reaches, how severe it is, that somebody took it on or judged it, that it is over. Nothing when
 * only the bookkeeping moved on, and nothing when there was no summary before. That it was escalated, or is reminded
 * of, is the reason of an update and no change of the incident.
 */
export function whatChanged(before: IncidentRecord | null, now: IncidentRecord): string[] {
  if (!before) return [];
  return [
    ...endNews(before, now),
    ...judgementNews(before, now),
    ...verdictNews(factsOf(before), factsOf(now)),
    ...severityNews(before, now),
    ...reachNews(before, now),
    ...acknowledgementNews(before, now),
  ];
}

const END_WORDS: Partial<Record<IncidentState, string>> = {
  resolved: 'Resolved',
  expired: 'Closed at the time limit, not resolved',
  cancelled: 'Cancelled',
  merged: 'Merged into another incident',
};

function endNews(before: IncidentRecord, now: IncidentRecord): string[] {
  const end = END_WORDS[now.state];
  if (end === undefined || before.state === now.state) return [];
  const { closedAt } = now.timings;
  return [closedAt === null ? `${end}.` : `${end} at ${clock(closedAt)} UTC, ${lasted(now, closedAt)}.`];
}

function lasted(record: IncidentRecord, closedAt: number): string {
  return `${duration(closedAt - factsOf(record).zero)} after it started`;
}

function judgementNews({ feedback: before }: IncidentRecord, { feedback }: IncidentRecord): string[] {
  if (!feedback || feedback.at === before?.at) return [];
  return [`${oneLine(feedbackWords(feedback), LONGEST_LINE)}.`];
}

/** A confidence that moved by less is the same to a reader. */
const NOTICEABLE = 0.2;

function verdictNews(before: Facts, now: Facts): string[] {
  if (!now.diagnosis)
    return before.diagnosis ? ['The diagnosis was withdrawn: no investigation finished.'] : [];
  const cause = plain(causeOf(now));
  if (!before.diagnosis) return [`First diagnosis. ${causeIntroduction(now)}: ${cause}.`];
  const was = before.diagnosis.verdict;
  const { verdict } = now.diagnosis;
  const level = was.level === verdict.level ? [] : [`${LEVEL_WORDS[verdict.level]}, was ${was.level}.`];
  if (causeKey(before) !== causeKey(now)) {
    return [...level, `${causeIntroduction(now)}: ${cause}. Before: ${causeName(before)}.`];
  }
  if (level.length > 0) return [`${level.join('')} ${causeIntroduction(now)}: ${cause}.`];
  if (Math.abs(was.confidence - verdict.confidence) < NOTICEABLE) return [];
  return [
    `Confidence in ${causeName(now)} is ${wholePercent(verdict.confidence)}, was ${wholePercent(was.confidence)}.`,
  ];
}

/** What makes a verdict another one: a fault type that is unclear in both is no difference. */
function causeKey({ diagnosis, suspect }: Facts): string {
  const { service, changeId } = diagnosis!.verdict;
  return JSON.stringify([service, suspect && clearFaultType(suspect), changeId]);
}

function causeName({ diagnosis, suspect }: Facts): string {
  const { service } = diagnosis!.verdict;
  if (service === null) return 'no cause';
  const type = suspect && clearFaultType(suspect);
  return `${shortName(service, 60)}${type ? `, ${FAULT_TYPE_WORDS[type]}` : ''}`;
}

function severityNews(before: IncidentRecord, now: IncidentRecord): string[] {
  return before.severity === now.severity ? [] : [`Severity is ${now.severity}, was ${before.severity}.`];
}

/** Services that joined those with symptoms or alerts, or left them; once it is over all have left. */
function reachNews(before: IncidentRecord, now: IncidentRecord): string[] {
  if (now.timings.closedAt !== null) return [];
  const was = affectedBy(before);
  const are = affectedBy(now);
  const joined = [...are].filter((service) => !was.has(service));
  const left = [...was].filter((service) => !are.has(service));
  return [
    ...(joined.length > 0 ? [`Now also affected: ${radiusWords(joined)}.`] : []),
    ...(left.length > 0 ? [`No longer affected: ${radiusWords(left)}.`] : []),
  ];
}

function affectedBy({ diagnosis, anomalies }: IncidentRecord): Set<string> {
  const alerting = anomalies.filter(({ status }) => status === 'firing').map(({ service }) => service);
  return new Set([...(diagnosis?.blastRadius ?? []), ...alerting]);
}

function acknowledgementNews(before: IncidentRecord, { acknowledged }: IncidentRecord): string[] {
  if (!acknowledged || before.acknowledged?.by === acknowledged.by) return [];
  return [`Acknowledged by ${oneLine(acknowledged.by, 80)} at ${clock(acknowledged.at)} UTC.`];
}
