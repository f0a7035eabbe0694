import { groups } from 'd3-array';
import type { Slice, SliceDimension } from '../../../model/slices.js';
import { quotePromql, quoteRegex } from '../metrics/packs/template.js';
import type { AnswerSeries } from '../metrics/source/source.js';
import { joinedSlices } from './read-slices.js';

/** Pods told apart by where they run. */
export interface Place {
  dimension: Extract<SliceDimension, 'node' | 'zone'>;
  label: string;
  slices: Slice[];
}

const ZONE = 'label_topology_kubernetes_io_zone';

/**
 * The slices of pods put together by node and by zone, as kube-state-metrics knows them; none where it does not, or
 * where all are in one place. What a pod's place is not known of is left out.
 *
 * @param ask answers nothing where the source does not
 */
export async function placesOf(
  pods: readonly Slice[],
  ask: (query: string, what: string) => Promise<AnswerSeries[]>,
): Promise<Place[]> {
  const names = pods.map(({ value }) => quoteRegex(value)).join('|');
  const onNodes = await ask(
    `group by (pod, node) (kube_pod_info{pod=~${quotePromql(names)}, node!=""})`,
    'nodes',
  );
  const nodeOf = mapOf(onNodes, 'pod', 'node');
  if (nodeOf.size === 0) return [];
  const nodes = [...new Set(nodeOf.values())].sort().map(quoteRegex).join('|');
  const inZones = await ask(
    `group by (node, ${ZONE}) (kube_node_labels{node=~${quotePromql(nodes)}, ${ZONE}!=""})`,
    'zones',
  );
  const zoneOf = mapOf(inZones, 'node', ZONE);
  const places: Place[] = [
    { dimension: 'node', label: 'node of kube_pod_info', slices: together(pods, (pod) => nodeOf.get(pod)) },
    {
      dimension: 'zone',
      label: `${ZONE} of kube_node_labels`,
      slices: together(pods, (pod) => zoneOf.get(nodeOf.get(pod) ?? '')),
    },
  ];
  return places.filter(({ slices }) => slices.length >= 2);
}

function mapOf(answer: readonly AnswerSeries[], from: string, to: string): Map<string, string> {
  return new Map(answer.map(({ labels }) => [labels[from] ?? '', labels[to] ?? '']));
}

function together(pods: readonly Slice[], placeOf: (pod: string) => string | undefined): Slice[] {
  return groups(
    pods.filter(({ value }) => placeOf(value)),
    ({ value }) => placeOf(value)!,
  )
    .map(([place, slices]) => joinedSlices(place, slices))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
}
