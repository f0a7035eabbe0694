import type { Evidence, Suspect } from '../../model/diagnosis.js';
import type { Block, Column, Section, Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import { clearFaultType, type Facts } from '../facts.js';
import { count, FAULT_TYPE_WORDS, wholePercent } from '../../model/wording.js';
import { clock, offset } from '../format.js';
import type { Queries } from '../queries.js';

const MOST_SUSPECTS = 3;
/** Below this, further suspects are named only. */
const WORTH_SHOWING = 0.05;
const MOST_EVIDENCE = 8;
/** Suspects below are counted only. */
const WORTH_NAMING = 0.01;
const MOST_NAMED = 5;

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'Observation', grows: true },
  { title: 'UTC' },
  { title: 'See' },
];

/** Evidence for and against the leading suspects, each with the query or source to verify it. */
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
  if (others.length > 0) blocks.push({ kind: 'paragraph', text: [furtherSuspects(others)] });
  const rest = 1 - diagnosis.suspects.reduce((sum, { confidence }) => sum + confidence, 0);
  if (rest >= WORTH_SHOWING) {
    const words = `The remaining ${wholePercent(rest)} stands for a cause that the data do not show.`;
    blocks.push({ kind: 'paragraph', text: [words] });
  }
  blocks.push({ kind: 'paragraph', text: [baselineWords(facts, record.evidence.length)] });
  return { title: 'Evidence', blocks };
}

/** `Further suspects: cart 8 %, web 6 %; 5 others below 1 %.` */
function furtherSuspects(others: readonly Suspect[]): string {
  const named = others.filter(({ confidence }) => confidence >= WORTH_NAMING).slice(0, MOST_NAMED);
  const names = named.map(
    ({ service, confidence }) => `${shortName(service, 40)} ${wholePercent(confidence)}`,
  );
  const more = others.length - named.length;
  const rest =
    more === 0 ? [] : [`${count(more, 'other')} ${named.length < MOST_NAMED ? 'below 1 %' : ''}`.trim()];
  return `Further suspects: ${[names.join(', '), ...rest].filter((part) => part !== '').join('; ')}.`;
}

function suspectHeading(suspect: Suspect, rank: number): Text {
  const type = clearFaultType(suspect);
  const name = `${rank}. ${shortName(suspect.service, 60)} (${wholePercent(suspect.confidence)})`;
  return [type === null ? name : `${name}: ${FAULT_TYPE_WORDS[type]}`];
}

function evidenceTable({ evidence }: Suspect, facts: Facts, queries: Queries): Block[] {
  if (evidence.length === 0) return [{ kind: 'paragraph', text: ['No evidence is recorded.'] }];
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
    [time === null ? '' : `${clock(time)} (${offset(time, zero)})`],
    series
      ? [{ ref: queries.refOf(series) }]
      : [changeId === null ? ORIGIN[kind] : `change ${shortName(changeId, 24)}`],
  ];
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
  check: 'checks',
  state: 'platform',
  trace: 'traces',
  log: 'logs',
  slice: 'slices',
  topology: 'call graph',
  contradiction: 'metrics',
};

function baselineWords({ diagnosis, zeroIs }: Facts, blobs: number): string {
  if (!diagnosis) return '';
  const { start, end } = diagnosis.baseline;
  const kept = blobs > 0 ? ' The samples are kept in the evidence store.' : '';
  return `Baseline: ${clock(start)} to ${clock(end)} UTC; offsets count from T+0, the ${oneLine(zeroIs, 160)}.${kept}`;
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
