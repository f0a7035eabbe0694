import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMatch } from 'matcher';
import type { z } from 'zod';
import type { Anomaly } from '../../model/anomaly.js';
import { MalformedPayload, MAX_FAULTS, readBody, type Fault } from './malformed.js';
import { anomalyFrom, severityWord, type Adjustment, type Signal, type SignalContext } from './signal.js';

/** Why an alert, or a whole post, was not handed to triage, as label of a metric. */
export type LeftOutReason =
  /** It cannot be read, while others of the same post can. */
  | 'malformed'
  /** An event that begins and ends no alert: a test, a comment, an acknowledgement. */
  | 'not-an-alert'
  /** An alert that is meant to fire always (`webhook.alwaysFiring`, `webhook.heartbeats`). */
  | 'always-firing'
  /** Beyond the most alerts of a post. */
  | 'too-many';

export interface LeftOut {
  leftOut: LeftOutReason;
  /** One line for the sender and the log. */
  detail: string;
  faults?: Fault[];
}

/** What a source made of one alert of a post: a signal, or why there is none. */
export type Item = Signal | LeftOut;

/** What is handed to triage of one post, and what is not. */
export interface Reading {
  anomalies: Anomaly[];
  /** By reason: how many, and what the first was. */
  leftOut: { reason: LeftOutReason; count: number; detail: string }[];
  adjusted: Map<Adjustment, number>;
  /** Names of the heartbeats that were heard of. */
  beats: Set<string>;
}

/**
 * Alerts of one post that are taken. Alertmanager sends a group in one post, and a group of this size is a
 * misconfigured route; the 4 MiB of a body hold about as many.
 */
const MAX_ALERTS = 10_000;

/** How long alerts are read in one go: health checks and other posts get their turn in between. */
const TURN_MS = 10;

export function notAnAlert(detail: string): LeftOut {
  return { leftOut: 'not-an-alert', detail };
}

/** Reads a list alert by alert, so that one that cannot be read does not lose the others. */
export function* eachOf<Schema extends z.ZodType>(
  schema: Schema,
  list: readonly unknown[],
  field: string,
  read: (alert: z.output<Schema>) => Item,
): Generator<Item> {
  for (const [i, one] of list.entries()) yield orLeftOut(() => read(readBody(schema, one, [field, i])));
}

/** What `read` gives, or that the alert was left out because it is malformed. */
export function orLeftOut(read: () => Item): Item {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    return { leftOut: 'malformed', detail: error.message, faults: error.faults };
  }
}

/**
 * Makes anomalies of the items of one post, without holding up the process for long.
 *
 * @throws MalformedPayload when nothing of the post can be read
 */
export async function readItems(items: Iterable<Item>, context: SignalContext): Promise<Reading> {
  const reader = new Reader(context);
  let turn = performance.now();
  for (const item of items) {
    reader.add(item);
    if (performance.now() - turn < TURN_MS) continue;
    await nextTurn();
    turn = performance.now();
  }
  return reader.finished();
}

/** The same in one go, for programs that have nothing else to do. */
export function anomaliesIn(items: Iterable<Item>, context: SignalContext): Anomaly[] {
  const reader = new Reader(context);
  for (const item of items) reader.add(item);
  return reader.finished().anomalies;
}

class Reader {
  private readonly anomalies: Anomaly[] = [];
  private readonly leftOut = new Map<LeftOutReason, { count: number; detail: string }>();
  private readonly adjusted = new Map<Adjustment, number>();
  private readonly beats = new Set<string>();
  private readonly faults: Fault[] = [];

  constructor(private readonly context: SignalContext) {}

  add(item: Item): void {
    if ('leftOut' in item) {
      this.faults.push(...(item.faults ?? []).slice(0, MAX_FAULTS - this.faults.length));
      this.leaveOut(item);
    } else if (this.isBeat(item)) {
      const detail = `${item.name} is a heartbeat (webhook.heartbeats)`;
      this.leaveOut({ leftOut: 'always-firing', detail });
    } else if (this.isAlwaysFiring(item)) {
      this.leaveOut({ leftOut: 'always-firing', detail: `${item.name} fires always (webhook.alwaysFiring)` });
    } else if (this.anomalies.length >= MAX_ALERTS) {
      this.leaveOut({
        leftOut: 'too-many',
        detail: `a post holds more than ${MAX_ALERTS} alerts (max_alerts)`,
      });
    } else {
      const { anomaly, adjusted } = anomalyFrom(item, this.context);
      this.anomalies.push(anomaly);
      for (const one of adjusted) this.adjusted.set(one, (this.adjusted.get(one) ?? 0) + 1);
    }
  }

  finished(): Reading {
    const { anomalies, adjusted, beats } = this;
    if (anomalies.length === 0 && this.faults.length > 0) throw new MalformedPayload(this.faults);
    const leftOut = [...this.leftOut].map(([reason, told]) => ({ reason, ...told }));
    return { anomalies, leftOut, adjusted, beats };
  }

  private leaveOut({ leftOut, detail }: LeftOut): void {
    const known = this.leftOut.get(leftOut);
    if (known) known.count += 1;
    else this.leftOut.set(leftOut, { count: 1, detail });
  }

  /** Notes the heartbeats that an alert is a beat of; one that is resolved is none, and opens nothing either. */
  private isBeat(signal: Signal): boolean {
    const fitting = this.context.settings.heartbeats.filter(({ match }) => fits(signal, match));
    if (signal.status === 'firing') for (const { name } of fitting) this.beats.add(name);
    return fitting.length > 0;
  }

  private isAlwaysFiring(signal: Signal): boolean {
    const { alertNames, severities } = this.context.settings.alwaysFiring;
    return isOneOf(alertNames, signal.name) || isOneOf(severities, severityWord(signal) ?? '');
  }
}

function fits({ name, labels }: Signal, match: Readonly<Record<string, string>>): boolean {
  return Object.entries(match).every(([label, pattern]) => {
    const value = labels[label] ?? (label === 'alertname' ? name : '');
    return value !== '' && isMatch(value, pattern, { caseSensitive: true });
  });
}

function isOneOf(words: readonly string[], text: string): boolean {
  const word = text.trim().toLowerCase();
  return words.some((one) => one.toLowerCase() === word);
}
