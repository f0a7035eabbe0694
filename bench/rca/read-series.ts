import type { Placement } from '../../model/graph.js';
import type { Series, SeriesMeta, Subject } from '../../model/series.js';
import type { Table } from './tables.js';
import { collectedName } from './collected.js';
import { unitsOf, withShares } from './units.js';
import { describeMetric, wordsOf, type MetricMeaning } from './vocabulary.js';

/** What the wide table of a case holds. */
export interface MetricsOfCase {
  times: Float64Array;
  series: Series[];
  /** Services that have a series of their own, in the order of the file. */
  services: string[];
  /** Call edges that have a series of their own. */
  edges: [caller: string, callee: string][];
  /** Which services share a host, as far as their host's metrics give it away. */
  placements: Placement[];
}

/** A column of the table with what its name says. */
export interface Column {
  header: string;
  entity: string;
  metric: string;
  meaning: MetricMeaning;
  values: Float64Array;
}

/** The view from outside, of who calls the front door: no service. Any other name is one. */
const OUTSIDE = 'ENTRY';
const SOURCE = 'metrics.csv';

/**
 * Turns the wide table into series in base units, under the names of the metric packs where these deliver such a
 * series, else under their own. `frontService` is what a view from outside looks at.
 */
export function readSeries(table: Table, frontService: string | null, stepSeconds: number): MetricsOfCase {
  const times = table.numbers('time');
  const columns = table.names.filter((name) => name !== 'time').map((header) => readColumn(header, table));
  const hosts = hostEntities(columns);
  const { placements, hostOf } = placementsOf(columns, hosts);
  const units = unitsOf(columns);
  const read = columns.map((column) => ({ ...column, values: units.inBase(column, times, stepSeconds) }));

  const services = new Set<string>();
  const edges = new Map<string, [string, string]>();
  const series = new Map<string, Series>();
  for (const column of withShares(read)) {
    const { entity, values } = column;
    const subject = subjectOf(column, hosts, hostOf, frontService);
    if (!hosts.has(entity) && isService(entity)) services.add(entity);
    const [caller, callee, ...rest] = entity.split('->');
    if (callee !== undefined && rest.length === 0) edges.set(entity, [caller!, callee]);
    const meta = metaOf(column, subject);
    // Services of one host repeat that host's series.
    if (!series.has(meta.id)) series.set(meta.id, { ...meta, times, values });
  }
  return {
    times,
    series: [...series.values()],
    services: [...services],
    edges: [...edges.values()],
    placements,
  };
}

function metaOf(column: Column, subject: Subject): SeriesMeta {
  const { header, metric, meaning } = column;
  const { signal, unit, worse } = meaning;
  const perspective = perspectiveOf(column, subject);
  const words = ` ${wordsOf(metric).join(' ')} `;
  const known = collectedName({ of: subject.kind, signal, unit, perspective, words });
  const { id, ...named } = known ?? { id: metric, name: metric, signal, unit, worse, perspective };
  return { id: `${nameOf(subject)}/${id}`, subject, ...named, query: header, source: SOURCE };
}

function placementsOf(
  columns: Column[],
  hosts: Set<string>,
): { placements: Placement[]; hostOf: Map<string, string> } {
  const placements: Placement[] = [];
  const hostOf = new Map<string, string>();
  for (const group of sharedHosts(columns, hosts)) {
    const host = `host of ${group[0]!}`;
    for (const service of group) {
      hostOf.set(service, host);
      placements.push({ service, host, learntFrom: { source: 'equal host metrics', seenAt: null } });
    }
  }
  return { placements, hostOf };
}

function readColumn(header: string, table: Table): Column {
  const cut = header.lastIndexOf('__');
  if (cut <= 0) throw new Error(`has a column "${header}", expected <service>__<metric>`);
  const metric = header.slice(cut + 2);
  return {
    header,
    entity: header.slice(0, cut),
    metric,
    meaning: describeMetric(metric),
    values: table.numbers(header),
  };
}

function isService(entity: string): boolean {
  return !entity.includes('->') && entity !== OUTSIDE;
}

/** Entities that have nothing but host metrics are hosts themselves. */
function hostEntities(columns: Column[]): Set<string> {
  const hosts = new Set(
    columns.filter(({ meaning }) => meaning.about === 'host').map(({ entity }) => entity),
  );
  for (const { entity, meaning } of columns) if (meaning.about === 'entity') hosts.delete(entity);
  return hosts;
}

function subjectOf(
  { entity, meaning }: Column,
  hosts: Set<string>,
  hostOf: Map<string, string>,
  frontService: string | null,
): Subject {
  const [caller, callee, ...rest] = entity.split('->');
  if (caller !== undefined && callee !== undefined && rest.length === 0)
    return { kind: 'edge', caller, callee };
  if (hosts.has(entity)) return { kind: 'host', host: entity };
  if (meaning.about === 'host') return { kind: 'host', host: hostOf.get(entity) ?? `host of ${entity}` };
  if (entity === OUTSIDE && frontService !== null)
    return { kind: 'edge', caller: entity, callee: frontService };
  return { kind: 'service', service: entity };
}

function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case 'service':
      return subject.service;
    case 'edge':
      return `${subject.caller}->${subject.callee}`;
    case 'host':
      return subject.host;
  }
}

/** An edge is seen by its caller unless the metric says that the callee measured. */
function perspectiveOf({ metric, meaning }: Column, subject: Subject): SeriesMeta['perspective'] {
  if (subject.kind === 'edge') return /\bcallee\b|\bserver\b/iu.test(metric) ? 'server' : 'client';
  return meaning.perspective;
}

/**
 * Groups of services whose host metrics are equal sample by sample: they run on one host. A service alone on
 * its host is a group of one. Constant series tell nothing.
 */
function sharedHosts(columns: Column[], hosts: Set<string>): string[][] {
  const groups = new Map<string, string[]>();
  const prints = new Map<string, string[]>();
  for (const { entity, metric, meaning, values } of columns) {
    if (meaning.about !== 'host' || hosts.has(entity) || isConstant(values)) continue;
    const print = prints.get(entity) ?? [];
    print.push(`${metric}=${values.join(' ')}`);
    prints.set(entity, print);
  }
  for (const [entity, print] of prints) {
    const key = print.sort().join('\n');
    groups.set(key, [...(groups.get(key) ?? []), entity]);
  }
  return [...groups.values()].map((group) => group.sort());
}

function isConstant(values: Float64Array): boolean {
  const finite = values.filter((value) => Number.isFinite(value));
  return finite.every((value) => value === finite[0]);
}
