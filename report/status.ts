import { GRADE_WORDS } from '../model/choices.js';
import type { Feedback, IncidentRecord, RevisionReason } from '../model/incident.js';
import { oneLine, shortName } from './escape.js';
import { count, FAULT_TYPE_WORDS, listOf } from '../model/wording.js';
import { duration, moment } from './format.js';

/*
 * Acknowledgement, feedback, alert counts and links: the facts around the diagnosis, in the same words in every
 * rendering.
 */

/** All alerts of the incident, those of a storm that are only counted included. */
export function alertCounts({ anomalies, unlisted }: IncidentRecord): {
  firing: number;
  resolved: number;
  all: number;
} {
  const firing = anomalies.filter(({ status }) => status === 'firing').length + unlisted.firing;
  const all = anomalies.length + unlisted.firing + unlisted.resolved;
  return { firing, resolved: all - firing, all };
}

/** `27 alerts, 20 of them firing`, `1 alert, firing`, `2 alerts, all resolved`. */
export function alertCountWords(record: IncidentRecord): string {
  const { firing, all } = alertCounts(record);
  if (all === 0) return 'no alert, started manually';
  const many = all > 1;
  if (firing === 0) return `${count(all, 'alert')}, ${many ? 'all ' : ''}resolved`;
  if (firing === all) return `${count(all, 'alert')}, ${many ? 'all ' : ''}firing`;
  return `${count(all, 'alert')}, ${firing} of them firing`;
}

/** `sam, 2026-11-24 10:44:35 UTC (5 min 35 s after it was opened)`; null while nobody has. */
export function acknowledgedWords({ acknowledged, timings }: IncidentRecord): string | null {
  if (!acknowledged) return null;
  const { by, at } = acknowledged;
  return `${oneLine(by, 80)}, ${moment(at)} (${duration(at - timings.openedAt)} after it was opened)`;
}

/** `2026-11-24 11:12:00 UTC: not acknowledged for 30 min`; null when it was not. */
export function escalatedWords({ escalatedAt, timings }: IncidentRecord): string | null {
  if (escalatedAt === null) return null;
  return `${moment(escalatedAt)}: not acknowledged for ${duration(escalatedAt - timings.openedAt)}`;
}

/**
 * What a person found instead of the cause that was named: `ledger (fault type: disk)`; empty when they named nothing.
 */
export function foundInstead({ service, faultKind }: Feedback): string {
  const type = faultKind === null ? '' : `fault type: ${FAULT_TYPE_WORDS[faultKind]}`;
  if (service === null) return type;
  return `${shortName(service, 60)}${type === '' ? '' : ` (${type})`}`;
}

/**
 * `The diagnosis was wrong; it was ledger (fault type: disk), feedback of kim (2026-11-24 10:57:00 UTC): the volume was
 * full`.
 */
export function feedbackWords(verdict: Feedback): string {
  const { grade, note, by, at } = verdict;
  const cause = foundInstead(verdict);
  const instead = grade === 'right' || cause === '' ? '' : `; it was ${cause}`;
  const why = note === '' ? '' : `: ${oneLine(note, 600)}`;
  return `The diagnosis was ${GRADE_WORDS[grade]}${instead}, feedback of ${oneLine(by, 80)} (${moment(at)})${why}`;
}

/** Why the summary was updated: `Update 3: root cause, scope or severity changed`. */
export const REVISION_REASON_WORDS: Record<RevisionReason, string> = {
  'first-result': 'first result',
  update: 'root cause, scope or severity changed',
  reminder: 'reminder, not acknowledged',
  escalation: 'escalated, not acknowledged',
  acknowledged: 'acknowledged',
  feedback: 'feedback on the diagnosis',
  final: 'incident closed',
};

/** That a person has to acknowledge it: `not acknowledged, escalated after 30 min`; null when that is not due. */
export function callWords({
  revisionReason,
  acknowledged,
  escalatedAt,
  timings,
}: IncidentRecord): string | null {
  if (acknowledged || timings.closedAt !== null) return null;
  if (escalatedAt !== null) {
    return `not acknowledged, escalated after ${duration(escalatedAt - timings.openedAt)}`;
  }
  return revisionReason === 'reminder' ? 'not acknowledged' : null;
}

/** The first alert and how many more: `"SlowCheckout: p95 above 1 s" and 26 more alerts`; null without any. */
export function firstAlertWords(record: IncidentRecord): string | null {
  const [first] = record.anomalies;
  if (!first) return null;
  const more = alertCounts(record).all - 1;
  return `"${oneLine(first.title, 120)}"${more > 0 ? ` and ${count(more, 'more alert')}` : ''}`;
}

/** Links, each address once: the report and the run first, then runbooks, then the links of the alerts. */
export function linksOf({ anomalies, links }: IncidentRecord): { title: string; url: string }[] {
  const runbooks = anomalies.flatMap(({ annotations }) => {
    const url = annotations['runbook_url'] ?? annotations['runbook'];
    return url === undefined ? [] : [{ title: 'Runbook', url }];
  });
  const all = [...links, ...runbooks, ...anomalies.flatMap((alert) => alert.links)];
  return all.filter(({ url }, index) => all.findIndex((other) => other.url === url) === index);
}

/** Pages of traces, each by what is to be seen there: `Trace: 1.8 s, of which payment 1.6 s`. */
export function traceLinksOf({ diagnosis }: IncidentRecord): { title: string; url: string }[] {
  return (diagnosis?.traces ?? []).flatMap(({ page, statement }) =>
    page === null ? [] : [{ title: `Trace: ${statement}`, url: page }],
  );
}

/** The affected services in short: `payment, checkout and 3 more`. */
export function radiusWords(services: readonly string[], most = 5): string {
  if (services.length === 0) return 'no affected service';
  return listOf(
    services.map((service) => shortName(service, 40)),
    most,
  );
}
