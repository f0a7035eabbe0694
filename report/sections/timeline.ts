import type { Change } from '../../model/change.js';
import type { Symptom } from '../../model/diagnosis.js';
import type { Column, Section, Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import { ownerOf, type Facts } from '../facts.js';
import { beforeAfter, count } from '../../model/wording.js';
import { clock, day, offset } from '../format.js';
import { changeWords } from '../headline.js';
import type { Queries } from '../queries.js';

const MOST_EVENTS = 40;
const MOST_CHANGES = 12;
const MOST_ONSETS = 12;

interface Event {
  time: number;
  what: Text;
  source: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'UTC' },
  { title: 'Offset', align: 'right' },
  { title: 'Event', grows: true },
  { title: 'Source' },
];

/** Changes, first symptoms, alerts and actions of people, in order. */
export function timelineSection(facts: Facts, queries: Queries): Section {
  const { record, zero } = facts;
  const events = [
    ...record.timeline.map(({ time, what, source }): Event => ({ time, what: [oneLine(what, 300)], source })),
    ...nearest(record.changes, facts).map(changeEvent),
    ...onsetEvents(facts, queries),
    ...resultEvent(facts),
  ].sort((a, b) => a.time - b.time);
  const shown =
    events.length > MOST_EVENTS
      ? [...events.slice(0, MOST_EVENTS / 2), ...events.slice(-MOST_EVENTS / 2)]
      : events;
  const days = new Set(shown.map(({ time }) => day(time)));
  const rows = shown.map(({ time, what, source }): Text[] => [
    [days.size > 1 ? `${day(time)} ${clock(time)}` : clock(time)],
    [offset(time, zero)],
    what,
    [oneLine(source, 40)],
  ]);
  const left = events.length - shown.length;
  const note = left > 0 ? `${count(left, 'event')} in the middle left out; ` : '';
  const first = shown[0];
  const when = first ? `${day(first.time)}, ` : '';
  return {
    title: 'Timeline',
    blocks: [
      { kind: 'table', columns: COLUMNS, rows },
      {
        kind: 'paragraph',
        text: [`${note}${when}T+0 is ${clock(zero)} UTC, the ${oneLine(facts.zeroIs, 160)}.`],
      },
    ],
  };
}

/** The change that the verdict names and those nearest to T+0. */
function nearest(changes: readonly Change[], { zero, change }: Facts): Change[] {
  const far = ({ time }: Change) => Math.abs(time - zero);
  const others = changes.filter((one) => one !== change).sort((a, b) => far(a) - far(b));
  return [...(change ? [change] : []), ...others].slice(0, MOST_CHANGES);
}

function changeEvent(change: Change): Event {
  const where = change.service === null ? '' : ` (${shortName(change.service, 60)})`;
  return { time: change.time, what: [`${changeWords(change)}${where}`], source: change.source };
}

/** The first symptom of each service. */
function onsetEvents({ diagnosis }: Facts, queries: Queries): Event[] {
  const first = new Map<string, Symptom>();
  for (const symptom of diagnosis?.symptoms ?? []) {
    const service = ownerOf(symptom.subject);
    const known = first.get(service);
    if (!known || symptom.movement.onset.time < known.movement.onset.time) first.set(service, symptom);
  }
  return [...first]
    .sort(([, a], [, b]) => a.movement.onset.time - b.movement.onset.time)
    .slice(0, MOST_ONSETS)
    .map(([service, { movement, series }]) => ({
      time: movement.onset.time,
      what: [
        `${shortName(service, 60)}: ${oneLine(series.name, 60)} ${beforeAfter(movement.before, movement.after, movement.unit)}`,
        ...queries.cite({ movement, series }),
      ],
      source: series.source,
    }));
}

function resultEvent({ record, diagnosis }: Facts): Event[] {
  const { openedAt, firstResultAt } = record.timings;
  const opened: Event = { time: openedAt, what: ['Diagnosis started'], source: 'faultline' };
  if (firstResultAt === null || !diagnosis) return [opened];
  return [opened, { time: firstResultAt, what: ['First result'], source: 'faultline' }];
}
