import type { Evidence, Suspect } from '../../model/diagnosis.js';
import type { Block, Column, Section, Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import { FAULT_WORDS, type Facts } from '../facts.js';
import { clock, confidence, count, duration, offset, quantity } from '../format.js';
import type { Queries } from '../queries.js';
import { sparkline } from '../spark.js';

const MOST_SUSPECTS = 3;
/** Below this, further suspects are named only. */
const WORTH_SHOWING = 0.05;
const MOST_EVIDENCE = 8;

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'Observation', grows: true },
  { title: 'Before', align: 'right' },
  { title: 'After', align: 'right' },
  { title: 'UTC' },
  { title: 'Window (┊ onset)', spare: true },
  { title: 'See' },
];

/** For and against the leading suspects, each with what to look at to verify it. */
export function evidenceSection(facts: Facts, queries: Queries): Section | null {
  const { diagnosis, record } = facts;
  if (!diagnosis) return null;
  const open = diagnosis.suspects.filter(({ status }) => status !== 'ruled-out');
  if (open.length === 0) return null;
  const shown = open
    .slice(0, MOST_SUSPECTS)
    .filter((suspect, index) => index === 0 || suspect.confidence >= WORTH_SHOWING);
  const blocks = shown.flatMap((suspect, index): Block[] => [
    { kind: 'heading', text: suspectHeading(suspect, index + 1) },
    ...evidenceTable(suspect, facts, queries),
  ]);
  const others = open.slice(shown.length);
  if (others.length > 0) {
    const names = others.map(
      ({ service, confidence: sure }) => `${shortName(service, 40)} ${confidence(sure)}`,
    );
    blocks.push({ kind: 'paragraph', text: [`Further suspects: ${names.join(', ')}.`] });
  }
  blocks.push({ kind: 'paragraph', text: [baselineWords(facts, record.evidence.length)] });
  return { title: 'Evidence', blocks };
}

function suspectHeading({ service, faultKind, confidence: sure, onset }: Suspect, rank: number): Text {
  const since =
    onset === null ? '' : `, from ${clock(onset.time)} UTC within ${duration(onset.uncertaintySeconds)}`;
  return [`${rank}. ${shortName(service, 60)}: ${FAULT_WORDS[faultKind]}, ${confidence(sure)}${since}`];
}

function evidenceTable({ evidence }: Suspect, facts: Facts, queries: Queries): Block[] {
  if (evidence.length === 0) return [{ kind: 'paragraph', text: ['No single observation is recorded.'] }];
  const heaviest = [...evidence].sort((a, b) => b.weight - a.weight);
  const shown = heaviest.slice(0, MOST_EVIDENCE);
  const ordered = [
    ...shown.filter(({ stance }) => stance === 'for'),
    ...shown.filter(({ stance }) => stance !== 'for'),
  ];
  const table: Block = {
    kind: 'table',
    columns: COLUMNS,
    rows: ordered.map((one) => evidenceRow(one, facts, queries)),
  };
  const more = heaviest.length - shown.length;
  if (more === 0) return [table];
  return [table, { kind: 'paragraph', text: [`${count(more, 'weaker observation')} in the record.`] }];
}

function evidenceRow(evidence: Evidence, facts: Facts, queries: Queries): Text[] {
  const { zero, record } = facts;
  const { stance, statement, movement, series, changeId, kind } = evidence;
  const change = record.changes.find(({ id }) => id === changeId);
  const time = movement?.onset.time ?? change?.time ?? null;
  return [
    [{ strong: stance === 'for' ? 'for' : 'against' }],
    [oneLine(statement, 400)],
    [movement ? quantity(movement.before, movement.unit) : ''],
    [movement ? quantity(movement.after, movement.unit) : ''],
    [time === null ? '' : `${clock(time)} (${offset(time, zero)})`],
    [shapeOf(series, facts)],
    series
      ? [{ ref: queries.refOf(series) }]
      : [changeId === null ? ORIGIN[kind] : `change ${shortName(changeId, 24)}`],
  ];
}

/** The series as it went, where it is kept: only what is a symptom has its shape in the record. */
function shapeOf(series: Evidence['series'], { diagnosis }: Facts): string {
  const symptom = series && diagnosis?.symptoms.find((one) => one.series.id === series.id);
  return (symptom && diagnosis && sparkline(symptom, diagnosis.window)) ?? '';
}

/** Where an observation without a query of its own comes from. */
const ORIGIN: Record<Evidence['kind'], string> = {
  'local-symptom': 'metrics',
  resource: 'metrics',
  'unexplained-by-callees': 'call graph',
  'earliest-onset': 'onsets',
  'explains-callers': 'call graph',
  neighbours: 'call graph',
  silence: 'metrics',
  load: 'metrics',
  'shared-host': 'placement',
  change: 'changes',
  check: 'checks below',
  trace: 'traces',
  log: 'logs',
  topology: 'call graph',
  contradiction: 'metrics',
};

function baselineWords({ diagnosis, zeroIs }: Facts, blobs: number): string {
  if (!diagnosis) return '';
  const { start, end } = diagnosis.baseline;
  const kept = blobs > 0 ? ' The samples are kept in the evidence store.' : '';
  return `"Before" is the usual level from ${clock(start)} to ${clock(end)} UTC; offsets count from T+0, the ${oneLine(zeroIs, 160)}.${kept}`;
}

/** The queries that the summary points at, ready to paste. Null when there is none. */
export function queriesSection(queries: Queries): Section | null {
  const list = queries.list();
  if (list.length === 0) return null;
  const range = queries.timeRange;
  const when: Block[] =
    range === null ? [] : [{ kind: 'paragraph', text: [`Over ${range}, where no other time is named.`] }];
  return { title: 'Queries', blocks: [...when, { kind: 'queries', queries: list }] };
}
