import type { Feedback, IncidentRecord, RevisionReason } from '../model/incident.js';
import { oneLine, shortName } from './escape.js';
import { FAULT_WORDS } from './facts.js';
import { count, duration, listOf, moment } from './format.js';

/*
 * Who looks after an incident, what people said of it, and how many alerts belong to it: the facts around the
 * diagnosis, in the words that every rendering has for them.
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
  if (all === 0) return 'no alert, the diagnosis was asked for';
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

/** `2026-11-24 11:12:00 UTC: nobody had acknowledged it for 30 min`; null when it was not. */
export function escalatedWords({ escalatedAt, timings }: IncidentRecord): string | null {
  if (escalatedAt === null) return null;
  return `${moment(escalatedAt)}: nobody had acknowledged it for ${duration(escalatedAt - timings.openedAt)}`;
}

/** What a person found instead of the cause that was named: `ledger, disk trouble`; empty when they named nothing. */
export function foundInstead({ service, faultKind }: Feedback): string {
  const parts = [
    service === null ? '' : shortName(service, 60),
    faultKind === null ? '' : FAULT_WORDS[faultKind],
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** `The diagnosis was wrong; it was ledger, disk trouble, says kim (2026-11-24 10:57:00 UTC): the volume was full`. */
export function judgementWords(verdict: Feedback): string {
  const { correct, note, by, at } = verdict;
  const instead = foundInstead(verdict);
  const wrong = `The diagnosis was wrong${instead === '' ? '' : `; it was ${instead}`}`;
  const said = correct ? 'The diagnosis was right' : wrong;
  return `${said}, says ${oneLine(by, 80)} (${moment(at)})${note === '' ? '' : `: ${oneLine(note, 600)}`}`;
}

/** Why a revision was told. */
export const REVISION_REASON_WORDS: Record<RevisionReason, string> = {
  'first-result': 'the first result',
  update: 'the verdict, its reach or the severity changed',
  reminder: 'a reminder, nobody has acknowledged it',
  escalation: 'escalated, nobody has acknowledged it',
  acknowledged: 'somebody took it on',
  feedback: 'a person judged the diagnosis',
  final: 'the incident is over',
};

/** That somebody is called for: `nobody has acknowledged it, open for 30 min`; null when nobody is. */
export function callWords({
  revisionReason,
  acknowledged,
  escalatedAt,
  timings,
}: IncidentRecord): string | null {
  if (acknowledged || timings.closedAt !== null) return null;
  if (escalatedAt !== null) {
    return `nobody has acknowledged it, escalated after ${duration(escalatedAt - timings.openedAt)}`;
  }
  return revisionReason === 'reminder' ? 'nobody has acknowledged it' : null;
}

/** The first alert and how many more: `"SlowCheckout: p95 above 1 s" and 26 more alerts`; null without any. */
export function firstAlertWords(record: IncidentRecord): string | null {
  const [first] = record.anomalies;
  if (!first) return null;
  const more = alertCounts(record).all - 1;
  return `"${oneLine(first.title, 120)}"${more > 0 ? ` and ${count(more, 'more alert')}` : ''}`;
}

/** Where to read on, each address once: the report and the run first, then runbooks, then what the alerts link. */
export function linksOf({ anomalies, links }: IncidentRecord): { title: string; url: string }[] {
  const runbooks = anomalies.flatMap(({ annotations }) => {
    const url = annotations['runbook_url'] ?? annotations['runbook'];
    return url === undefined ? [] : [{ title: 'Runbook', url }];
  });
  const all = [...links, ...runbooks, ...anomalies.flatMap((alert) => alert.links)];
  return all.filter(({ url }, index) => all.findIndex((other) => other.url === url) === index);
}

/** `payment, checkout and 3 more`; what is said where none shows a symptom. */
export function radiusWords(services: readonly string[], most = 5): string {
  if (services.length === 0) return 'no service shows a symptom';
  return listOf(
    services.map((service) => shortName(service, 40)),
    most,
  );
}
