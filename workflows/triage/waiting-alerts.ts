import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import { episodeKey } from './dedup-index.js';
import { WAITING_ALERTS, WAITING_BYTES } from './limits.js';

/** A firing alert that has no incident yet. */
export interface WaitingAlert {
  key: string;
  anomaly: Anomaly;
  /** Its end, when that has come meanwhile. */
  resolved: Anomaly | null;
  /** A person waits for it, or it waited before: it goes before the others. */
  isUrgent: boolean;
  bytes: number;
}

export type SavedWaitingAlert = Pick<WaitingAlert, 'anomaly' | 'resolved' | 'isUrgent'>;

/** Firing alerts in the order of their arrival, the urgent ones first. */
export class WaitingAlerts {
  private readonly urgent = new Map<string, WaitingAlert>();
  private readonly others = new Map<string, WaitingAlert>();
  private sum = 0;

  constructor(saved: readonly SavedWaitingAlert[] = []) {
    for (const one of saved) this.put(one);
  }

  get size(): number {
    return this.urgent.size + this.others.size;
  }

  get bytes(): number {
    return this.sum;
  }

  get hasUrgent(): boolean {
    return this.urgent.size > 0;
  }

  get(key: string): WaitingAlert | undefined {
    return this.urgent.get(key) ?? this.others.get(key);
  }

  /** False when there is no room for it; urgent ones are always taken. */
  add(anomaly: Anomaly, isUrgent: boolean): boolean {
    const isFull = this.size >= WAITING_ALERTS || this.sum >= WAITING_BYTES;
    if (isFull && !isUrgent) return false;
    this.put({ anomaly, resolved: null, isUrgent });
    return true;
  }

  /** Notes the end of a waiting alert; null takes that back. */
  setResolved({ anomaly, isUrgent }: WaitingAlert, resolved: Anomaly | null): void {
    this.put({ anomaly, resolved, isUrgent });
  }

  *values(): Iterable<WaitingAlert> {
    yield* this.urgent.values();
    yield* this.others.values();
  }

  remove(key: string): void {
    const known = this.get(key);
    if (!known) return;
    this.urgent.delete(key);
    this.others.delete(key);
    this.sum -= known.bytes;
  }

  /** Leaves out annotations and links. */
  thin(): void {
    for (const { anomaly, resolved, isUrgent } of [...this.values()]) {
      this.put({ anomaly: { ...anomaly, annotations: {}, links: [] }, resolved, isUrgent });
    }
  }

  /** Removes the newest of those that are not urgent until `fits`; answers them. */
  shed(fits: () => boolean): WaitingAlert[] {
    const shed: WaitingAlert[] = [];
    for (const newest of [...this.others.values()].reverse()) {
      if (fits()) break;
      this.remove(newest.key);
      shed.push(newest);
    }
    return shed;
  }

  save(): SavedWaitingAlert[] {
    return [...this.values()].map(({ anomaly, resolved, isUrgent }) => ({ anomaly, resolved, isUrgent }));
  }

  private put({ anomaly, resolved, isUrgent }: SavedWaitingAlert): void {
    const key = episodeKey(anomaly);
    const bytes = jsonBytes(anomaly) + (resolved ? jsonBytes(resolved) : 0);
    this.sum += bytes - (this.get(key)?.bytes ?? 0);
    (isUrgent ? this.urgent : this.others).set(key, { key, anomaly, resolved, isUrgent, bytes });
  }
}
