import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import type { IncidentMessage, OutboxItem } from '../../model/delivery.js';
import { DELIVERY_BYTES, DELIVERY_ITEMS, MESSAGE_BYTES } from './limits.js';

/** An item, its bytes, and whether it may still grow: not once it may have been delivered. */
interface Entry {
  item: OutboxItem;
  bytes: number;
  isFixed: boolean;
}

/** Bytes of an item beside its alerts. */
const ITEM_OVERHEAD = 300;

/** Messages to incidents that are not delivered yet: those of one incident stay in order. */
export class Outbox {
  private readonly byIncident = new Map<string, Entry[]>();
  private readonly incidentOf = new Map<string, string>();
  private readonly urgent = new Set<string>();
  private readonly held: Set<string>;
  private sum = 0;

  constructor(
    private readonly environment: string,
    private readonly nextId: () => string,
    saved: readonly OutboxItem[] = [],
    held: Iterable<string> = [],
  ) {
    this.held = new Set(held);
    for (const item of saved) this.append(item, jsonBytes(item), true);
  }

  get size(): number {
    return this.incidentOf.size;
  }

  /** Whether a delivery has something to take. */
  get isReady(): boolean {
    for (const incident of this.byIncident.keys()) if (!this.held.has(incident)) return true;
    return false;
  }

  get bytes(): number {
    return this.sum;
  }

  /** Whether anything for an incident is not delivered yet. */
  isPending(incident: string): boolean {
    return this.byIncident.has(incident);
  }

  /** Whether a message that starts the incident's workflow is among those. */
  isStarting(incident: string): boolean {
    return this.byIncident.get(incident)?.some(({ item }) => item.start) ?? false;
  }

  /** Adds an alert to what an incident is sent: to its last message where that still takes it. */
  addAlert(incident: string, kind: 'firing' | 'resolved', anomaly: Anomaly, start: boolean): void {
    const bytes = jsonBytes(anomaly) + 1;
    const last = this.byIncident.get(incident)?.at(-1);
    const body = last?.item.message.body;
    if (last && !last.isFixed && body?.kind === kind && last.bytes + bytes <= MESSAGE_BYTES) {
      body.anomalies.push(anomaly);
      last.item.start ||= start;
      last.bytes += bytes;
      this.sum += bytes;
      return;
    }
    this.add(incident, { kind, anomalies: [anomaly] }, start, bytes + ITEM_OVERHEAD);
  }

  /** Answers the message's id. */
  add(incident: string, body: IncidentMessage['body'], start: boolean, bytes = ITEM_OVERHEAD): string {
    const id = this.nextId();
    this.append({ incident, environment: this.environment, start, message: { id, body } }, bytes, false);
    return id;
  }

  /**
   * What the next delivery takes: the messages of the first incidents, as many as it may carry. They stay here until
   * their results come, and are not changed any more.
   */
  next(): OutboxItem[] {
    const taken: OutboxItem[] = [];
    let room = DELIVERY_BYTES;
    const others = [...this.byIncident.keys()].filter((incident) => !this.urgent.has(incident));
    for (const incident of [...this.urgent, ...others]) {
      if (this.held.has(incident)) continue;
      for (const entry of this.byIncident.get(incident) ?? []) {
        if (taken.length > 0 && (entry.bytes > room || taken.length >= DELIVERY_ITEMS)) return taken;
        entry.isFixed = true;
        taken.push(entry.item);
        room -= entry.bytes;
      }
    }
    return taken;
  }

  /** Keeps an incident's messages until it is released. */
  hold(incident: string): void {
    this.held.add(incident);
  }

  release(incident: string): void {
    this.held.delete(incident);
  }

  /** Drops what an incident would have been sent. */
  discard(incident: string): void {
    for (const { item } of [...(this.byIncident.get(incident) ?? [])]) this.settle(item.message.id);
  }

  /** Takes off a message that has its result. Undefined for one that had it before. */
  settle(id: string): OutboxItem | undefined {
    const incident = this.incidentOf.get(id);
    if (incident === undefined) return undefined;
    const entries = this.byIncident.get(incident) ?? [];
    const index = entries.findIndex(({ item }) => item.message.id === id);
    const [entry] = entries.splice(index, 1);
    if (entries.length === 0) {
      this.byIncident.delete(incident);
      this.urgent.delete(incident);
    }
    this.incidentOf.delete(id);
    this.sum -= entry?.bytes ?? 0;
    return entry?.item;
  }

  /** Lets an incident's messages go before those of others: a person waits for them. */
  hurry(incident: string): void {
    if (this.byIncident.has(incident)) this.urgent.add(incident);
  }

  /** Lets an incident whose messages could not be delivered wait behind the others. */
  defer(incident: string): void {
    this.urgent.delete(incident);
    const entries = this.byIncident.get(incident);
    if (!entries) return;
    this.byIncident.delete(incident);
    this.byIncident.set(incident, entries);
  }

  save(): OutboxItem[] {
    return [...this.byIncident.values()].flatMap((entries) => entries.map(({ item }) => item));
  }

  private append(item: OutboxItem, bytes: number, isFixed: boolean): void {
    const { incident, message } = item;
    const entry = { item, bytes, isFixed };
    const known = this.byIncident.get(incident);
    if (known) known.push(entry);
    else this.byIncident.set(incident, [entry]);
    this.incidentOf.set(message.id, incident);
    this.sum += bytes;
  }
}
