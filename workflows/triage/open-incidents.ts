import { jsonBytes } from '../../model/bytes.js';
import type { AffectedService } from '../../model/triage.js';
import { ATTRACTING_BYTES, ATTRACTING_NAMES, OPEN_BYTES, OPEN_INCIDENTS } from './limits.js';

/** An open incident as triage knows it. */
export interface OpenIncident {
  id: string;
  /**
   * `split`: a person gave a service of another incident to it, and alerts of that service go to it before any other.
   * `storm`: takes what no further incident is opened for, and attracts nothing.
   */
  kind: 'plain' | 'split' | 'storm';
  /** Services by which it attracts alerts, and when the latest of their alerts began (unix seconds). */
  services: Map<string, number>;
  /** Groups by which it attracts alerts. */
  groups: Set<string>;
  /** Alerts that it was given. */
  alerts: number;
  /** Of these the ones that had fired in it before. */
  flaps: number;
  /** Bytes of the names above. */
  bytes: number;
}

export type SavedOpenIncident = [
  id: string,
  kind: OpenIncident['kind'],
  services: [string, number][],
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
  private readonly byService = new Map<string, Set<OpenIncident>>();
  private stormIncident: OpenIncident | null = null;
  private bytes = 0;

  constructor(saved: readonly SavedOpenIncident[] = []) {
    for (const [id, kind, services, groups, alerts, flaps] of saved) {
      const incident = this.open(id, kind);
      incident.alerts = alerts;
      incident.flaps = flaps;
      for (const [service, at] of services) this.attractService(incident, service, at);
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

  /** The incident that a service was split off to, else the first that attracts it. */
  ofService(service: string): OpenIncident | undefined {
    return this.splitOff(service) ?? first(this.byService.get(service));
  }

  splitOff(service: string): OpenIncident | undefined {
    for (const incident of this.byService.get(service) ?? []) if (incident.kind === 'split') return incident;
    return undefined;
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
    for (const service of incident.services.keys()) unlink(this.byService, service, incident);
    for (const group of incident.groups) unlink(this.byGroup, group, incident);
    this.bytes -= incident.bytes;
  }

  /** Lets an incident attract alerts of a service whose latest began at `at`. */
  attractService(incident: OpenIncident, service: string, at: number): void {
    if (incident.kind === 'storm') return;
    const known = incident.services.get(service);
    incident.services.set(service, Math.max(known ?? at, at));
    if (known !== undefined) return;
    link(this.byService, service, incident);
    this.weigh(incident, service, 1);
    this.trim(incident);
  }

  attractGroup(incident: OpenIncident, group: string): void {
    if (incident.kind === 'storm' || incident.groups.has(group)) return;
    incident.groups.add(group);
    link(this.byGroup, group, incident);
    this.weigh(incident, group, 1);
    this.trim(incident);
  }

  forgetService(incident: OpenIncident, service: string): void {
    if (!incident.services.delete(service)) return;
    unlink(this.byService, service, incident);
    this.weigh(incident, service, -1);
  }

  /** Lets one incident attract what another does. */
  takeOver(target: OpenIncident, source: OpenIncident): void {
    for (const [service, at] of source.services) this.attractService(target, service, at);
    for (const group of source.groups) this.attractGroup(target, group);
    target.alerts += source.alerts;
    target.flaps += source.flaps;
  }

  save(): SavedOpenIncident[] {
    return [...this.byId.values()].map(({ id, kind, services, groups, alerts, flaps }) => [
      id,
      kind,
      [...services],
      [...groups],
      alerts,
      flaps,
    ]);
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
    const bytes = sign * (jsonBytes(name) + NAME_OVERHEAD);
    incident.bytes += bytes;
    this.bytes += bytes;
  }
}

/** Services of an open incident and when the latest of their alerts began; the latest services, at most `most`. */
export function affectedServices({ services }: OpenIncident, most: number): AffectedService[] {
  return [...services].slice(-most).map(([name, at]) => ({ name, at }));
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
