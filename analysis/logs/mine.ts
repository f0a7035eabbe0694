import type { LogKind, LogLevel, LogTable } from '../../model/telemetry.js';
import { LOGS } from './weights.js';
import { Drain, WILDCARD } from './drain.js';
import type { LogLine } from './line.js';
import { templateOf } from './template.js';

/** The template of lines beyond the kinds that are told apart. */
export const OTHER_LINES = 'other lines';

/** How lines are counted. */
export interface MineOptions {
  /** Seconds that one count covers. */
  stepSeconds: number;
  /** Names of services: lines that differ in one of them are of different kinds, for it says whom a line is about. */
  services?: Iterable<string>;
  /** Kinds of one service and level; lines beyond them are counted as `OTHER_LINES`. @default LOGS.kindsOfOne */
  maxKinds?: number;
}

/**
 * Counts lines by their kind and by step of time. Kinds are templates by Drain, for each service and level; numbers and
 * ids are taken out first. The order of the lines does not matter: they are mined in the order of their time. Messages
 * are cut to what an example may be long, so secrets must be masked before.
 */
export function mineLines(lines: Iterable<LogLine>, options: MineOptions): LogTable {
  const { stepSeconds } = options;
  const kinds = new Kinds(options);
  const counts = new Map<number, Map<number, number>>();
  for (const line of [...lines].sort(inOrder)) {
    const kind = kinds.numberOf(line);
    const step = Math.floor(line.time / stepSeconds + 1e-9);
    const ofKind = counts.get(kind) ?? new Map<number, number>();
    counts.set(kind, ofKind.set(step, (ofKind.get(step) ?? 0) + (line.count ?? 1)));
  }
  const rows = [...counts].flatMap(([kind, steps]) =>
    [...steps].map(([step, count]) => ({ kind, time: step * stepSeconds, count })),
  );
  return {
    stepSeconds,
    kinds: kinds.list(),
    kind: Uint32Array.from(rows, ({ kind }) => kind),
    time: Float64Array.from(rows, ({ time }) => time),
    lines: Uint32Array.from(rows, ({ count }) => count),
  };
}

/** Lines of one moment in the order of who wrote what, so that the order of the input does not matter. */
function inOrder(a: LogLine, b: LogLine): number {
  return a.time - b.time || compare(a.service, b.service) || compare(a.message, b.message);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

interface Miner {
  service: string;
  level: LogLevel;
  drain: Drain;
  /** Kinds by the number of their template in the tree; the last is that of other lines. */
  kindOf: Map<number | null, number>;
  /** Templates of texts that were seen, by the text without numbers: the same text is always of the same kind. */
  known: Map<string, number | null>;
  /** Kinds of messages that stand for several lines: a source that counts gives the same one for many steps. */
  counted: Map<string, number>;
}

class Kinds {
  private readonly miners = new Map<string, Miner>();
  private readonly kinds: { miner: Miner; template: number | null; example: string }[] = [];
  private readonly isKept: (word: string) => boolean;
  private readonly maxKinds: number;

  constructor({ services = [], maxKinds = LOGS.kindsOfOne }: MineOptions) {
    const names = new Set(services);
    this.isKept = (word) => namesIn(word).some((name) => names.has(name));
    this.maxKinds = maxKinds;
  }

  numberOf(line: LogLine): number {
    const { service, level, message, count } = line;
    const key = `${service}\0${level}`;
    const miner = this.miners.get(key) ?? this.minerFor(service, level);
    this.miners.set(key, miner);
    const number = miner.counted.get(message) ?? this.mine(miner, line);
    if (count !== undefined && miner.counted.size < LOGS.knownTexts) miner.counted.set(message, number);
    return number;
  }

  private mine(miner: Miner, { message, example = message }: LogLine): number {
    const text = templateOf(message.slice(0, LOGS.longestLine));
    let template = message === OTHER_LINES ? null : miner.known.get(text);
    if (template === undefined) {
      template = miner.drain.add(text);
      if (miner.known.size < LOGS.knownTexts) miner.known.set(text, template);
    }
    const kind = miner.kindOf.get(template);
    if (kind !== undefined) return kind;
    miner.kindOf.set(template, this.kinds.length);
    return this.kinds.push({ miner, template, example: example.slice(0, LOGS.longestLine) }) - 1;
  }

  list(): LogKind[] {
    return this.kinds.map(({ miner: { service, level, drain }, template, example }) => ({
      service,
      level,
      template: template === null ? OTHER_LINES : drain.template(template),
      // What one of the other lines says stands for none of the rest.
      example: template === null ? OTHER_LINES : example,
    }));
  }

  private minerFor(service: string, level: LogLevel): Miner {
    const drain = new Drain({ ...LOGS.drain, maxTemplates: this.maxKinds, isKept: this.isKept });
    return { service, level, drain, kindOf: new Map(), known: new Map(), counted: new Map() };
  }
}

/** A word may be the address of a service, or its name among marks: `"cart:8080",`. */
function namesIn(word: string): string[] {
  if (word === WILDCARD) return [];
  return (word.match(/[\p{L}\p{N}][\p{L}\p{N}_-]*/gu) ?? []) as string[];
}
