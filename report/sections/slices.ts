import type { SliceFinding } from '../../model/slices.js';
import { beforeAfter, listOf, quantity, wholePercent } from '../../model/wording.js';
import { text, type Block, type Column, type Section, type Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import type { Facts } from '../facts.js';
import type { Queries } from '../queries.js';

const COLUMNS: readonly Column[] = [
  { title: 'By' },
  { title: 'Slice', grows: true },
  { title: 'Requests', align: 'right' },
  { title: 'Loss', align: 'right' },
  { title: 'Each, before -> now' },
];

/** Which versions, instances, places or endpoints of the suspects suffer; null where none was compared. */
export function slicesSection({ diagnosis }: Facts, queries: Queries): Section | null {
  const slices = diagnosis?.slices ?? [];
  if (slices.length === 0) return null;
  const told = slices.filter(({ outcome }) => outcome !== 'unknown');
  const concentrated = told.filter(({ outcome }) => outcome === 'concentrated');
  const blocks: Block[] = [
    { kind: 'list', items: [...told.map((one) => sentence(one, queries)), ...unknownOnes(slices)] },
  ];
  if (concentrated.length > 0) {
    blocks.push({ kind: 'table', columns: COLUMNS, rows: concentrated.flatMap(rowsOf) });
  }
  return { title: 'Which requests suffer', blocks };
}

function sentence({ statement, query, source, service, dimension }: SliceFinding, queries: Queries): Text {
  const words = oneLine(statement, 400);
  if (query === '') return [words];
  const ref = queries.refOfQuery(source, query, `requests of ${oneLine(service, 60)} by ${dimension}`);
  return text`${words} ${{ ref }}`;
}

/** One sentence for all dimensions of a service of which too little is seen. */
function unknownOnes(slices: readonly SliceFinding[]): Text[] {
  const unknown = slices.filter(({ outcome }) => outcome === 'unknown');
  return [...new Set(unknown.map(({ service }) => service))].map((service) => {
    const by = unknown.filter((one) => one.service === service).map(({ dimension }) => dimension);
    return [`${shortName(service, 60)}: too few requests to tell by ${listOf(by, 5)}.`];
  });
}

function rowsOf({ dimension, slices, measure, count }: SliceFinding): Text[][] {
  const unit = measure === 'time' ? 's' : '1';
  return slices.map(({ value, requestShare, lossShare, before, after }) => [
    [dimension],
    [value === '' ? `others of ${count}` : oneLine(value, 80)],
    [wholePercent(requestShare)],
    [wholePercent(lossShare)],
    [
      after === null
        ? ''
        : before === null
          ? `${quantity(after, unit)} (new)`
          : beforeAfter(before, after, unit),
    ],
  ]);
}
