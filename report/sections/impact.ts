import type { Symptom } from '../../model/diagnosis.js';
import { text, type Block, type Column, type Section, type Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import { ownerOf, type Facts } from '../facts.js';
import { beforeAfter, count, factor } from '../../model/wording.js';
import { clock, duration, offset } from '../format.js';
import type { Queries } from '../queries.js';
import { sparkline } from '../spark.js';
import { alertCounts } from '../status.js';

const MOST_SYMPTOMS = 5;
const MOST_SERVICES = 25;
const MOST_ALERTS = 6;

const COLUMNS: readonly Column[] = [
  { title: 'Signal', grows: true },
  { title: 'Baseline -> incident' },
  { title: 'From (UTC)' },
  { title: 'Window (┊ onset)', spare: true },
  { title: 'See' },
];

/** Which services are affected, how much, and for how long. */
export function impactSection(facts: Facts, queries: Queries): Section {
  const { diagnosis, record, closedAt, zero } = facts;
  const items: Text[] = [];
  const rows: Text[][] = [];
  if (diagnosis) {
    const own = distinct(diagnosis.symptoms.filter(({ subject }) => ownerOf(subject) === facts.service));
    rows.push(...own.slice(0, MOST_SYMPTOMS).map((symptom) => symptomRow(symptom, facts, queries)));
    if (own.length === 0)
      items.push([`No metric of ${shortName(facts.service, 60)} left its baseline range.`]);
    items.push(radiusLine(diagnosis.blastRadius));
  } else {
    items.push(['No metrics were analysed; the following comes from the alerts alone.']);
  }
  items.push(...alertLines(facts));
  if (closedAt !== null) {
    items.push([
      `${record.state === 'resolved' ? 'Duration:' : 'Followed for'} ${duration(closedAt - zero)}.`,
    ]);
  }
  const table: Block[] = rows.length > 0 ? [{ kind: 'table', columns: COLUMNS, rows }] : [];
  return { title: 'Impact', blocks: [...table, { kind: 'list', items }] };
}

/** Client and server may measure the same: it is shown once. */
function distinct(symptoms: Symptom[]): Symptom[] {
  const seen = new Set<string>();
  return symptoms.filter(({ series, movement: { before, after, unit } }) => {
    const key = `${series.name} ${beforeAfter(before, after, unit)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function symptomRow(symptom: Symptom, { zero, diagnosis }: Facts, queries: Queries): Text[] {
  const { series, movement } = symptom;
  const { before, after, unit, onset } = movement;
  const change = factor(before, after);
  const size = change === '' ? '' : ` (${change})`;
  return [
    [{ strong: oneLine(series.name, 60) }],
    [`${beforeAfter(before, after, unit)}${size}`],
    [`${clock(onset.time)} (${offset(onset.time, zero)})`],
    [(diagnosis && sparkline(symptom, diagnosis.window)) ?? ''],
    [{ ref: queries.refOf(series) }],
  ];
}

function radiusLine(services: readonly string[]): Text {
  if (services.length === 0) return ['No affected service.'];
  const named = services.slice(0, MOST_SERVICES).map((service) => shortName(service, 60));
  const more = services.length > MOST_SERVICES ? `, and ${services.length - MOST_SERVICES} more` : '';
  return [
    `${count(services.length, 'affected service')}, nearest to the cause first: ${named.join(', ')}${more}.`,
  ];
}

function alertLines({ record, zero }: Facts): Text[] {
  const { anomalies, unlisted } = record;
  if (anomalies.length === 0) return [['No alert: the diagnosis was started manually.']];
  const lines = anomalies.slice(0, MOST_ALERTS).map((alert): Text => {
    const ended = alert.endedAt === null ? alert.status : `resolved ${clock(alert.endedAt)}`;
    return text`Alert "${oneLine(alert.title, 160)}" of ${shortName(alert.service, 60)}, ${alert.severity}, from ${clock(alert.startedAt)} UTC (${offset(alert.startedAt, zero)}), ${ended} (source: ${oneLine(alert.source, 40)}).`;
  });
  const { firing, all } = alertCounts(record);
  const more = all - lines.length;
  if (more > 0) {
    const only = unlisted.firing + unlisted.resolved;
    const counted = only > 0 ? ` ${only} of them are counted only and not kept in the record.` : '';
    lines.push([`${count(more, 'more alert')}; ${firing} of ${all} firing.${counted}`]);
  }
  return lines;
}
