import type { FaultKind } from '../../model/diagnosis.js';
import type { SliceDimension, SliceFinding, SliceTable } from '../../model/slices.js';
import type { Facts } from '../facts.js';
import {
  binsAround,
  compareSlices,
  undiluted,
  type Comparison,
  type SliceMeasure,
} from '../slices/compare.js';
import { findingOf } from '../slices/words.js';
import { SLICES } from '../weights.js';
import { finding, type Finding } from './finding.js';

/** What the slices of the checked suspects say, in the order in which they were read. */
export function sliceFindings({
  input,
  begin,
  grid,
  story,
}: Pick<Facts, 'input' | 'begin' | 'grid' | 'story'>): SliceFinding[] {
  if (begin === null) return [];
  const from = grid.start + begin * grid.width;
  // What the alert is about first; the other where that shows nothing.
  const measures: SliceMeasure[] = story.signals.includes('latency')
    ? ['time', 'failures']
    : ['failures', 'time'];
  return (input.slices ?? []).flatMap((table) => findingsOf(table, measures, from));
}

function findingsOf(table: SliceTable, measures: readonly SliceMeasure[], from: number): SliceFinding[] {
  const bins = binsAround(table.times, table.binSeconds, from);
  const compared = table.dimensions.flatMap((sliced) => {
    const all = measures.flatMap((measure) => compareSlices(sliced, measure, bins) ?? []);
    const [best] = all.sort((a, b) => telling(b) - telling(a));
    return best === undefined ? [] : [{ sliced, best }];
  });
  const outcomes = undiluted(compared.map(({ best }) => best));
  return compared.map(({ sliced }, i) => findingOf(table.service, sliced, outcomes[i]!));
}

/** Sorting is stable: of two that say as much the alert's own comes first. */
function telling({ outcome }: Comparison): number {
  return { concentrated: 3, alike: 2, mixed: 1, unknown: 0 }[outcome];
}

/**
 * What it says of a fault that only some of a service's requests suffer. Requests of one service at one time go to the
 * same callees and come from the same callers: when one version or instance suffers and the others do not, it is
 * neither (the logic of a canary and its control), so it speaks for the service itself. Nodes and zones say nothing of
 * that, for what a service calls is often near it; neither do endpoints, which call different services. It is no state
 * that changed, and confirms nothing: where a deploy brought that version, changes/versions.ts tells it of the change.
 */
export function sliceEvidence({ graph, ...facts }: Facts): Finding[] {
  const found = sliceFindings(facts);
  return found.flatMap((one) => {
    const service = graph.indexOf.get(one.service);
    const worth = worthOf(
      one,
      found.filter((other) => other.service === one.service),
    );
    if (service === undefined || worth === null) return [];
    return [
      finding(service, {
        observation: `requests of ${one.service} by ${one.dimension}`,
        kind: 'slice',
        weight: worth.weight,
        statement: one.statement,
        kinds: worth.kinds,
      }),
    ];
  });
}

interface Worth {
  weight: number;
  kinds: [FaultKind, number][];
}

/** Kinds of fault for and against which it speaks that only a part of each dimension suffers. */
const KINDS: Record<SliceDimension, { for: FaultKind[]; against: FaultKind[] }> = {
  version: { for: ['code-change'], against: ['host', 'network', 'traffic-surge'] },
  // One of several that run the same code on the same load: its process, or what it runs on.
  instance: { for: ['host'], against: ['code-change', 'traffic-surge'] },
  node: { for: ['host'], against: ['code-change', 'traffic-surge'] },
  zone: { for: ['host', 'network'], against: ['code-change', 'traffic-surge'] },
  endpoint: { for: ['code-change'], against: ['host', 'network'] },
};
/** ... and against which it speaks that all suffer alike. */
const ALIKE_AGAINST: Record<SliceDimension, FaultKind[]> = {
  version: ['code-change'],
  instance: ['host'],
  node: ['host'],
  zone: ['host'],
  endpoint: [],
};

function worthOf(one: SliceFinding, all: readonly SliceFinding[]): Worth | null {
  const { dimension, outcome } = one;
  if (outcome === 'alike') {
    return { weight: 0, kinds: ALIKE_AGAINST[dimension].map((kind) => [kind, -SLICES.notKind]) };
  }
  if (outcome !== 'concentrated') return null;
  const part = partOf(one, all);
  const isOwn = dimension === 'version' || dimension === 'instance';
  const { for: speaksFor, against } = KINDS[dimension];
  return {
    weight: isOwn ? SLICES.own * part : 0,
    kinds: [
      ...speaksFor.map((kind): [FaultKind, number] => [kind, SLICES.kind * part]),
      ...against.map((kind): [FaultKind, number] => [kind, -SLICES.notKind * part]),
    ],
  };
}

/**
 * How far it is this dimension that tells the bad requests from the others, 0..1. Instances, nodes, zones and versions
 * go together: when all bad instances are of one version, or in one zone, that is what they have in common; one that is
 * bad alone is what its node and zone are bad by. Where a version and a place are bad in the same number of parts,
 * nothing tells one from the other.
 */
function partOf({ dimension }: SliceFinding, all: readonly SliceFinding[]): number {
  if (dimension === 'endpoint') return 1;
  const badIn = (which: SliceDimension): number | null =>
    all.find((one) => one.dimension === which && one.outcome === 'concentrated')?.bad.length ?? null;
  const places = (['instance', 'node', 'zone'] as const).filter((place) => badIn(place) !== null);
  const place = places.reduce<(typeof places)[number] | null>(
    (best, next) => (best === null || badIn(next)! < badIn(best)! ? next : best),
    null,
  );
  if (dimension !== 'version' && dimension !== place) return 0;
  const [versions, there] = [badIn('version'), place === null ? null : badIn(place)];
  if (versions === null || there === null) return 1;
  if (versions === there) return SLICES.confounded;
  return (dimension === 'version') === versions < there ? 1 : 0;
}
