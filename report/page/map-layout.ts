import * as dagre from '@dagrejs/dagre';
import { shortName } from '../escape.js';
import type { IncidentMap, MapCall, MapNode } from './map-facts.js';

export interface Point {
  x: number;
  y: number;
}

export interface PlacedNode extends MapNode, Point {
  /** The name as it fits. */
  title: string;
  width: number;
  height: number;
}

export interface PlacedCall extends MapCall {
  points: readonly Point[];
}

export interface PlacedMap {
  width: number;
  height: number;
  nodes: PlacedNode[];
  calls: PlacedCall[];
}

/** What is used of dagre: its own types refer to each other in a way that this module system does not resolve. */
interface Dagre {
  graphlib: { Graph: new () => Graph };
  layout(graph: Graph): void;
}

interface Graph {
  setGraph(options: object): void;
  setNode(id: string, node: PlacedNode): void;
  setEdge(from: string, to: string, edge: { points: Point[] }): void;
  node(id: string): PlacedNode;
  edge(from: string, to: string): { points: Point[] };
}

const { graphlib, layout } = dagre as unknown as Dagre;

const NODE_HEIGHT = 46;
const LONGEST_NAME = 24;
/** A mean letter of the map's fonts. */
const LETTER = { name: 7.6, words: 6.1 };

/** Positions of nodes and calls: from the callers on the left to the callees, or from top to bottom on narrow screens. */
export function placeMap({ nodes, calls }: IncidentMap, direction: 'LR' | 'TB'): PlacedMap {
  const graph = new graphlib.Graph();
  graph.setGraph({
    rankdir: direction,
    nodesep: 18,
    ranksep: direction === 'LR' ? 64 : 44,
    marginx: 12,
    marginy: 12,
  });
  const ids = new Map(nodes.map(({ name }, index) => [name, `s${index}`]));
  for (const node of nodes) {
    const title = shortName(node.name, LONGEST_NAME);
    const width = Math.max(title.length * LETTER.name, node.words.length * LETTER.words) + 36;
    graph.setNode(ids.get(node.name)!, { ...node, title, width, height: NODE_HEIGHT, x: 0, y: 0 });
  }
  const drawn = calls.filter(({ caller, callee }) => ids.has(caller) && ids.has(callee) && caller !== callee);
  for (const { caller, callee } of drawn) graph.setEdge(ids.get(caller)!, ids.get(callee)!, { points: [] });
  layout(graph);
  const placed = nodes.map(({ name }) => graph.node(ids.get(name)!));
  const ranks = ranksOf(placed, direction);
  const paths = drawn.map((call) => {
    const [from, to] = [graph.node(ids.get(call.caller)!), graph.node(ids.get(call.callee)!)];
    const { points } = graph.edge(ids.get(call.caller)!, ids.get(call.callee)!);
    return { ...call, points: aroundNodes(points, from, to, ranks, direction) };
  });
  const far = [
    ...placed.map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 })),
    ...paths.flatMap(({ points }) => points),
  ];
  return {
    width: Math.ceil(Math.max(...far.map(({ x }) => x)) + 12),
    height: Math.ceil(Math.max(...far.map(({ y }) => y)) + 12),
    nodes: placed,
    calls: paths,
  };
}

/** The stretch along the direction of the map that the nodes of one rank take. */
interface Rank {
  centre: number;
  half: number;
}

/** Room beside a rank in which calls bend. */
const BEND = 10;

function ranksOf(nodes: readonly PlacedNode[], direction: 'LR' | 'TB'): Rank[] {
  const ranks = new Map<number, number>();
  for (const { x, y, width, height } of nodes) {
    const [centre, size] = direction === 'LR' ? [Math.round(x), width] : [Math.round(y), height];
    ranks.set(centre, Math.max(ranks.get(centre) ?? 0, size / 2));
  }
  return [...ranks].map(([centre, half]) => ({ centre, half: half + BEND }));
}

/**
 * The way of a call past the nodes between its ends. The layout gives one point for each rank that a call passes; a
 * line straight to that point would cross the wide nodes beside it. So it passes each rank in parallel to the map's
 * direction and bends only between ranks, and leaves and reaches its own nodes in the middle of a side.
 */
function aroundNodes(
  points: readonly Point[],
  from: PlacedNode,
  to: PlacedNode,
  ranks: readonly Rank[],
  direction: 'LR' | 'TB',
): Point[] {
  const along = ({ x, y }: Point) => (direction === 'LR' ? x : y);
  const across = ({ x, y }: Point) => (direction === 'LR' ? y : x);
  const at = (a: number, b: number): Point => (direction === 'LR' ? { x: a, y: b } : { x: b, y: a });
  const size = ({ width, height }: PlacedNode) => (direction === 'LR' ? width : height) / 2;
  const halfOf = (centre: number) => ranks.find((rank) => Math.abs(rank.centre - centre) <= 1)?.half ?? 0;
  const way = along(to) >= along(from) ? 1 : -1;
  const start = at(along(from) + way * size(from), across(from));
  const end = at(along(to) - way * size(to), across(to));
  const passed = points
    .slice(1, -1)
    .filter((point) => halfOf(along(point)) > 0)
    .flatMap((point) => {
      const half = halfOf(along(point));
      return [at(along(point) - way * half, across(point)), at(along(point) + way * half, across(point))];
    });
  const leave = at(along(from) + way * halfOf(along(from)), across(from));
  const reach = at(along(to) - way * halfOf(along(to)), across(to));
  return [start, leave, ...passed, reach, end];
}
