/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import { count } from '../../model/wording.js';
import { mapLines, type IncidentMap, type MapNode } from './map-facts.js';
import { placeMap, type PlacedCall, type PlacedMap, type PlacedNode, type Point } from './map-layout.js';

/** On a narrow screen: the services that are affected or suspected, where there are two and more. */
function mainPart(map: IncidentMap): IncidentMap {
  const nodes = map.nodes.filter(
    ({ role, isAlerting }) => isAlerting || (role !== 'normal' && role !== 'no-data'),
  );
  if (nodes.length < 2) return map;
  return { ...map, nodes, leftOut: map.leftOut + map.nodes.length - nodes.length };
}

/** The services around the incident, drawn for wide and for narrow screens, and as a list. */
export function IncidentMapView({ map }: { map: IncidentMap }): VNode {
  return (
    <figure class="map">
      <Legend />
      <Drawing placed={placeMap(map, 'LR')} name="wide" />
      <Drawing placed={placeMap(mainPart(map), 'TB')} name="narrow" />
      <figcaption>
        Arrows point from the caller to the callee; more requests make them thicker.
        {map.leftOut > 0 && ` ${count(map.leftOut, 'more service')} known and not shown.`}
      </figcaption>
      <details>
        <summary>The map as a list</summary>
        <ul>
          {mapLines(map).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </details>
    </figure>
  );
}

/** A drawing that is wider than this is scrolled instead of scaled: its words would be too small. */
const SCALED_BELOW = { wide: 1300, narrow: 420 };

function Drawing({ placed, name }: { placed: PlacedMap; name: 'wide' | 'narrow' }): VNode {
  const { width, height, nodes, calls } = placed;
  const most = Math.max(...calls.map(({ traffic }) => traffic ?? 0), 0);
  const isScrolled = width > SCALED_BELOW[name];
  return (
    <div
      class={`drawing ${name} ${isScrolled ? 'scrolled' : ''}`}
      {...(isScrolled && { tabindex: 0, role: 'group', 'aria-label': 'Map, scrolls sideways' })}
    >
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label="Map of the services around the incident; the list below it says the same"
      >
        <defs>
          {['plain', 'way', 'failing', 'slow'].map((kind) => (
            <marker
              key={kind}
              id={`arrow-${name}-${kind}`}
              class={`arrow ${kind}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0.5 L8,4 L0,7.5 z" />
            </marker>
          ))}
        </defs>
        {calls.map((call) => (
          <Call key={`${call.caller} ${call.callee}`} call={call} most={most} name={name} />
        ))}
        {nodes.map((node) => (
          <Node key={node.name} node={node} />
        ))}
      </svg>
    </div>
  );
}

function Call({ call, most, name }: { call: PlacedCall; most: number; name: string }): VNode {
  const kind = kindOf(call);
  const share = most > 0 && call.traffic !== null ? Math.sqrt(call.traffic / most) : 0;
  return (
    <path
      class={`call ${kind} ${call.via === 'host' ? 'host' : ''} ${call.isOnTheWay ? 'on-the-way' : ''}`}
      d={pathOf(call.points)}
      stroke-width={(1.2 + 2.4 * share + (call.isOnTheWay ? 1.2 : 0)).toFixed(1)}
      marker-end={`url(#arrow-${name}-${kind})`}
    />
  );
}

function kindOf({ worse, isOnTheWay }: PlacedCall): string {
  if (worse.includes('errors') || worse.includes('availability')) return 'failing';
  if (worse.length > 0) return 'slow';
  return isOnTheWay ? 'way' : 'plain';
}

/** Straight stretches with rounded bends. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  const bends = rest.slice(0, -1).map((point, index) => {
    const before = towards(point, points[index]!);
    const after = towards(point, rest[index + 1]!);
    return `L${spot(before)} Q${spot(point)} ${spot(after)}`;
  });
  return [`M${spot(first)}`, ...bends, `L${spot(rest.at(-1) ?? first)}`].join(' ');
}

/** The point on the way from a bend to its neighbour where the rounding ends. */
function towards(from: Point, to: Point): Point {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const share = distance === 0 ? 0 : Math.min(8, distance / 2) / distance;
  return { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
}

function spot({ x, y }: Point): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

function Node({ node }: { node: PlacedNode }): VNode {
  const { x, y, width, height, role, isAlerting, title, words } = node;
  const left = x - width / 2;
  const top = y - height / 2;
  return (
    <g class={`node ${role}`} transform={`translate(${left.toFixed(1)},${top.toFixed(1)})`}>
      {isAlerting && (
        <path class="halo" d={outline(role, width + 8, height + 8)} transform="translate(-4,-4)" />
      )}
      <path class="shape" d={outline(role, width, height)} />
      <text x={width / 2} y={20} class="name">
        {title}
      </text>
      <text x={width / 2} y={36} class="words">
        {words}
      </text>
    </g>
  );
}

/** Each role has a shape of its own, so that colour is not the only sign. */
function outline(role: MapNode['role'], width: number, height: number): string {
  const middle = height / 2;
  switch (role) {
    case 'cause':
      return `M12,0 H${width - 12} L${width},${middle} L${width - 12},${height} H12 L0,${middle} z`;
    case 'suspect':
      return `M10,0 H${width - 10} L${width},10 V${height - 10} L${width - 10},${height} H10 L0,${height - 10} V10 z`;
    case 'affected':
    case 'no-data':
      return `M0,0 H${width} V${height} H0 z`;
    case 'normal':
      return `M${middle},0 H${width - middle} A${middle},${middle} 0 0 1 ${width - middle},${height} H${middle} A${middle},${middle} 0 0 1 ${middle},0 z`;
  }
}

const ROLES: readonly { role: MapNode['role']; words: string }[] = [
  { role: 'cause', words: 'likely root cause' },
  { role: 'suspect', words: 'other suspect' },
  { role: 'affected', words: 'affected' },
  { role: 'normal', words: 'normal, or unrelated' },
  { role: 'no-data', words: 'no data' },
];

function Legend(): VNode {
  return (
    <ul class="legend">
      {ROLES.map(({ role, words }) => (
        <li key={role}>
          <svg viewBox="-1 -1 42 22" class={`node ${role}`} aria-hidden="true">
            <path class="shape" d={outline(role, 40, 20)} />
          </svg>
          {words}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 42 22" class="stroke" aria-hidden="true">
          <path class="call failing" d="M2,11 H40" stroke-width="3" />
        </svg>
        calls fail more
      </li>
      <li>
        <svg viewBox="0 0 42 22" class="stroke" aria-hidden="true">
          <path class="call slow" d="M2,11 H40" stroke-width="3" />
        </svg>
        calls are slower
      </li>
    </ul>
  );
}
