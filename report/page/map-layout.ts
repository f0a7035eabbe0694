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

/** Where everything stands: from the callers on the left to the callees, or from top to bottom on narrow screens. */
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
  const paths = drawn.map((call) => ({
    ...call,
    points: graph.edge(ids.get(call.caller)!, ids.get(call.callee)!).points,
  }));
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
