import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import { canonicalName } from '../../model/identity/names.js';
import type { AffectedService } from '../../model/triage.js';
import { addPlace, fitOf, type Affected, type ServiceOf } from './affected.js';
import { ATTRACTING_BYTES, ATTRACTING_NAMES, OPEN_BYTES, OPEN_INCIDENTS } from './limits.js';

/** An open incident as triage knows it. */
export interface OpenIncident {
  id: string;
  /**
   * `split`: a person gave a service of another incident to it, and alerts of that service go to it before any other.
   * `storm`: takes what no further incident is opened for, and attracts nothing.
   */
  kind: 'plain' | 'split' | 'storm';
  /** Services by which it attracts alerts, and when the latest of their alerts began. */
  services: Map<string, Affected>;
  /** Groups by which it attracts alerts. */
  groups: Set<string>;
  /** Alerts that it was given. */
  alerts: number;
  /** Of these the ones that had fired in it before. */
  flaps: number;
  /** Bytes of the names above. */
  bytes: number;
}

/** Namespaces and clusters are left out where there are none. */
type SavedService = [name: string, at: number, namespaces?: string[], clusters?: string[]];

/** One service by which an incident attracts alerts. */
interface Attraction {
  incident: OpenIncident;
  name: string;
  affected: Affected;
}

export type SavedOpenIncident = [
  id: string,
  kind: OpenIncident['kind'],
  services: SavedService[],
  groups: string[],
  alerts: number,
  flaps: number,
];

/** Bytes of a saved incident beside its names, and of each name beside its text. */
const INCIDENT_OVERHEAD = 24;
const NAME_OVERHEAD = 14;

/** The open incidents, found by id, group and service. */
export class OpenIncidents {
  private readonly byId = new Map<string, OpenIncident>();
  private readonly byGroup = new Map<string, Set<OpenIncident>>();
  /** By what all ways to write a service have in common. */
  private readonly byService = new Map<string, Attraction[]>();
  private stormIncident: OpenIncident | null = null;
  private bytes = 0;

  constructor(saved: readonly SavedOpenIncident[] = []) {
    for (const [id, kind, services, groups, alerts, flaps] of saved) {
      const incident = this.open(id, kind);
      incident.alerts = alerts;
      incident.flaps = flaps;
      for (const [service, at, namespaces = [], clusters = []] of services) {
        this.attractService(incident, service, { at, namespaces, clusters });
      }
      for (const group of groups) this.attractGroup(incident, group);
    }
  }

  get size(): number {
    return this.byId.size;
  }

  /** No further incident may be opened, except the storm incident. */
  get isFull(): boolean {
    return this.byId.size >= OPEN_INCIDENTS || this.bytes >= OPEN_BYTES;
  }

  /** In the order in which they were opened. */
  values(): Iterable<OpenIncident> {
    return this.byId.values();
  }

  get(id: string): OpenIncident | undefined {
    return this.byId.get(id);
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** The first open incident that attracts a group. */
  ofGroup(group: string): OpenIncident | undefined {
    return first(this.byGroup.get(group));
  }

  /**
   * The open incident that attracts an alert by its service, and how the incident calls that: one that the service was
   * split off to, else the first that has it in just that place, else the only one that may be meant.
   */
  ofService(
    alert: ServiceOf,
    apart: ReadonlySet<string>,
  ): { incident: OpenIncident; name: string } | undefined {
    const alike = this.byService.get(canonicalName(alert.service)) ?? [];
    const found = alike.flatMap((one) => {
      const fit = fitOf([one.name, one.affected], alert, apart);
      return fit === 'other' ? [] : [{ ...one, fit }];
    });
    const best =
      found.find(({ incident }) => incident.kind === 'split') ?? found.find(({ fit }) => fit === 'same');
    if (best) return best;
    // Which of two in different places it is cannot be told: then it is neither.
    const places = new Set(
      found.map(({ affected }) => JSON.stringify([affected.namespaces, affected.clusters])),
    );
    return places.size > 1 ? undefined : found[0];
  }

  /** The open storm incident. */
  get storm(): OpenIncident | null {
    return this.stormIncident;
  }

  /** Opens an incident, or answers the one of this id that is open. */
  open(id: string, kind: OpenIncident['kind'] = 'plain'): OpenIncident {
    const known = this.byId.get(id);
    if (known) return known;
    const bytes = id.length + INCIDENT_OVERHEAD;
    const incident: OpenIncident = {
      id,
      kind,
      services: new Map(),
      groups: new Set(),
      alerts: 0,
      flaps: 0,
      bytes,
    };
    this.byId.set(id, incident);
    if (kind === 'storm') this.stormIncident = incident;
    this.bytes += bytes;
    return incident;
  }

  close(id: string): void {
    const incident = this.byId.get(id);
    if (!incident) return;
    this.byId.delete(id);
    if (this.stormIncident === incident) this.stormIncident = null;
    for (const service of incident.services.keys()) this.detach(incident, service);
    for (const group of incident.groups) unlink(this.byGroup, group, incident);
    this.bytes -= incident.bytes;
  }

  /** Lets an incident attract alerts of a service, of which the latest began at `at`. */
  attractService(incident: OpenIncident, service: string, { at, namespaces, clusters }: Affected): void {
    if (incident.kind === 'storm') return;
    const known = incident.services.get(service);
    const affected: Affected = known ?? { at, namespaces: [], clusters: [] };
    const before = placesBytes(affected);
    affected.at = Math.max(affected.at, at);
    for (const namespace of namespaces) addPlace(affected, { service, namespace });
    for (const cluster of clusters) addPlace(affected, { service, cluster });
    this.weighBytes(incident, placesBytes(affected) - before);
    if (known) return;
    incident.services.set(service, affected);
    const canonical = canonicalName(service);
    const alike = this.byService.get(canonical) ?? [];
    this.byService.set(canonical, [...alike, { incident, name: service, affected }]);
    this.weigh(incident, service, 1);
    this.trim(incident);
  }

  /** The same for the service of an alert. */
  attractAlert(incident: OpenIncident, { service, startedAt, namespace, cluster }: Anomaly): void {
    this.attractService(incident, service, {
      at: startedAt,
      namespaces: namespace === undefined ? [] : [namespace],
      clusters: cluster === undefined ? [] : [cluster],
    });
  }

  attractGroup(incident: OpenIncident, group: string): void {
    if (incident.kind === 'storm' || incident.groups.has(group)) return;
    incident.groups.add(group);
    link(this.byGroup, group, incident);
    this.weigh(incident, group, 1);
    this.trim(incident);
  }

  forgetService(incident: OpenIncident, service: string): void {
    const affected = incident.services.get(service);
    if (!affected) return;
    incident.services.delete(service);
    this.detach(incident, service);
    this.weighBytes(incident, -placesBytes(affected));
    this.weigh(incident, service, -1);
  }

  /** Lets one incident attract what another does. */
  takeOver(target: OpenIncident, source: OpenIncident): void {
    for (const [service, affected] of source.services) this.attractService(target, service, affected);
    for (const group of source.groups) this.attractGroup(target, group);
    target.alerts += source.alerts;
    target.flaps += source.flaps;
  }

  save(): SavedOpenIncident[] {
    return [...this.byId.values()].map(({ id, kind, services, groups, alerts, flaps }) => [
      id,
      kind,
      [...services].map(savedService),
      [...groups],
      alerts,
      flaps,
    ]);
  }

  private detach(incident: OpenIncident, service: string): void {
    const canonical = canonicalName(service);
    const alike = this.byService.get(canonical) ?? [];
    const others = alike.filter((one) => one.incident !== incident || one.name !== service);
    if (others.length > 0) this.byService.set(canonical, others);
    else this.byService.delete(canonical);
  }

  /** Forgets the oldest names of an incident that has too many. */
  private trim(incident: OpenIncident): void {
    const isTooMuch = () => incident.bytes > ATTRACTING_BYTES || this.bytes > OPEN_BYTES;
    for (const service of incident.services.keys()) {
      if (incident.services.size <= ATTRACTING_NAMES && !(isTooMuch() && incident.services.size > 1)) break;
      this.forgetService(incident, service);
    }
    for (const group of incident.groups) {
      if (incident.groups.size <= ATTRACTING_NAMES && !(isTooMuch() && incident.groups.size > 1)) break;
      incident.groups.delete(group);
      unlink(this.byGroup, group, incident);
      this.weigh(incident, group, -1);
    }
  }

  private weigh(incident: OpenIncident, name: string, sign: 1 | -1): void {
    this.weighBytes(incident, sign * (jsonBytes(name) + NAME_OVERHEAD));
  }

  private weighBytes(incident: OpenIncident, bytes: number): void {
    incident.bytes += bytes;
    this.bytes += bytes;
  }
}

/** Services of an open incident and when the latest of their alerts began; the latest services, at most `most`. */
export function affectedServices({ services }: OpenIncident, most: number): AffectedService[] {
  return [...services].slice(-most).map(([name, affected]) => affectedService(name, affected));
}

/** The same of one service, as `correlate` is asked about it. */
export function affectedService(name: string, { at, namespaces, clusters }: Affected): AffectedService {
  return {
    name,
    at,
    ...(namespaces.length > 0 && { namespaces }),
    ...(clusters.length > 0 && { clusters }),
  };
}

function savedService([name, { at, namespaces, clusters }]: [string, Affected]): SavedService {
  if (clusters.length > 0) return [name, at, namespaces, clusters];
  return namespaces.length > 0 ? [name, at, namespaces] : [name, at];
}

/** Bytes of the places of a service as they are saved. */
function placesBytes({ namespaces, clusters }: Affected): number {
  if (namespaces.length + clusters.length === 0) return 0;
  return jsonBytes(namespaces) + jsonBytes(clusters) + 2;
}

function link(index: Map<string, Set<OpenIncident>>, name: string, incident: OpenIncident): void {
  const known = index.get(name);
  if (known) known.add(incident);
  else index.set(name, new Set([incident]));
}

function unlink(index: Map<string, Set<OpenIncident>>, name: string, incident: OpenIncident): void {
  const known = index.get(name);
  known?.delete(incident);
  if (known?.size === 0) index.delete(name);
}

function first<T>(values: Iterable<T> = []): T | undefined {
  for (const value of values) return value;
  return undefined;
}
