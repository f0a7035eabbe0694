import { createHash } from 'node:crypto';
import type { IncidentRecord } from '../../../model/incident.js';
import { briefOf } from '../../../report/brief.js';
import { oneLine, shortName } from '../../../report/escape.js';
import { followable } from '../plain-brief.js';
import type { Delivery } from '../sink.js';
import { isOver } from '../worth-telling.js';

/** Limits of the Events API v2. */
const LONGEST_SUMMARY = 1024;
const LONGEST_KEY = 255;
const MOST_LINKS = 5;

export type EventAction = 'trigger' | 'acknowledge' | 'resolve';

/**
 * What PagerDuty is asked to do at this revision. It rings once, when the sink first hears of the incident, and again
 * when it is escalated; an incident that a person has resolved in PagerDuty would ring anew at each further trigger.
 * One that is given up at its time limit is not resolved.
 */
export function actionsAt({ record, before }: Pick<Delivery, 'record' | 'before'>): EventAction[] {
  const { state, revisionReason, acknowledged } = record;
  if (isOver(record)) return ['resolve'];
  if (state === 'expired') return [];
  const rings = before === null || revisionReason === 'escalation';
  const isTaken = acknowledged !== null && (rings || revisionReason === 'acknowledged');
  return [...(rings ? (['trigger'] as const) : []), ...(isTaken ? (['acknowledge'] as const) : [])];
}

/** By which PagerDuty knows the alert: all events of one incident are about one alert. */
export function dedupKey({ id }: IncidentRecord): string {
  return id.length <= LONGEST_KEY ? id : createHash('sha256').update(id).digest('hex');
}

/** The body of an event of the Events API v2, without its routing key. */
export function eventOf(record: IncidentRecord, action: EventAction): object {
  const known = { event_action: action, dedup_key: dedupKey(record) };
  if (action !== 'trigger') return known;
  const brief = briefOf(record);
  const links = followable(brief, MOST_LINKS);
  return {
    ...known,
    client: 'Faultline',
    ...(links[0] && { client_url: links[0].url }),
    payload: {
      summary: oneLine(`${brief.title}. ${brief.cause}`, LONGEST_SUMMARY - 40),
      source: shortName(record.service, 200),
      severity: record.severity,
      timestamp: new Date(record.timings.openedAt * 1000).toISOString(),
      component: shortName(record.diagnosis?.verdict.service ?? record.service, 200),
      group: shortName(record.environment, 200),
      class: record.diagnosis?.verdict.faultKind ?? 'unknown',
      custom_details: {
        status: brief.status,
        cause: brief.cause,
        ...Object.fromEntries(brief.fields.map(({ name, value }) => [name, oneLine(value, 200)])),
        why: brief.why.map(({ stance, statement }) => `${stance}: ${statement}`),
        'ruled out': brief.ruledOut ?? 'nothing',
        'not checked': brief.notChecked ?? 'nothing',
        next: brief.actions.map(({ title, risk }) => `${title} (${risk})`),
      },
    },
    links: links.map(({ title, url }) => ({ href: url, text: title })),
  };
}
