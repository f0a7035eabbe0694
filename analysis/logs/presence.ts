import type { LogKind, LogTable } from '../../model/telemetry.js';
import type { CallGraph } from '../graph/call-graph.js';
import { fewer, more } from '../stats/exact.js';
import { LOGS } from './weights.js';
import { aboutOf, type About } from './about.js';
import { OTHER_LINES } from './mine.js';
import { coverageOf, momentSeconds } from './step.js';
import { isTrouble } from './template.js';

/** A kind of line that a service stopped to write, or writes far more often than before. */
export interface TemplateChange {
  writer: number;
  kind: LogKind;
  what: 'gone' | 'more';
  isTrouble: boolean;
  about: About;
  /** -log10 of the chance, after allowance for how many kinds were compared. */
  decades: number;
  /** Share of the moments in which the service wrote anything that have such a line. */
  before: number;
  after: number;
}

/** Lines before `calmUntil` are calm, those in `[from, until]` belong to the incident; unix seconds. */
export interface EventWindow {
  calmUntil: number;
  from: number;
  until: number;
}

/** The moments that have lines of one kind, or any line of one writer. */
interface Moments {
  calm: Set<number>;
  incident: Set<number>;
}

const noMoments = (): Moments => ({ calm: new Set(), incident: new Set() });

/**
 * Ordinary lines are evidence: a line that came every few seconds and is gone tells as much as a new error. What is
 * compared are moments, not lines, and only moments in which the service wrote anything: bursts are one event, and a
 * service that nobody asks writes less of everything. A moment is a whole number of the table's steps. Compared by
 * Fisher's exact test, so few moments decide as far as they can. Linear in rows.
 */
export function templateChanges(
  logs: LogTable | null,
  window: EventWindow,
  graph: CallGraph,
): TemplateChange[] {
  const span = logs === null ? null : coverageOf(logs);
  if (logs === null || span === null) return [];
  const lengths = {
    calm: window.calmUntil - span.from,
    incident: Math.min(window.until, span.to) - window.from,
  };
  if (!(Math.min(lengths.calm, lengths.incident) > 0)) return [];
  const steps = Math.max(1, Math.round(momentSeconds(lengths.calm, lengths.incident) / logs.stepSeconds));
  const width = steps * logs.stepSeconds;
  const { ofKind, ofWriter } = momentsIn(logs, width, { ...window, since: span.from }, graph);
  const all = {
    calm: Math.max(1, Math.round(lengths.calm / width)),
    incident: Math.max(1, Math.round(lengths.incident / width)),
  };
  const changes = [...ofKind].flatMap(([index, moments]): TemplateChange[] => {
    const kind = logs.kinds[index]!;
    const writer = graph.indexOf.get(kind.service)!;
    const active = ofWriter.get(writer)!;
    const change = changeOf(moments, active, all);
    const trouble = isTrouble(kind);
    // What the other lines are is not known.
    if (change === null || (change.what === 'more' && !trouble) || kind.template === OTHER_LINES) return [];
    const decades = change.rarity - Math.log10(ofKind.size);
    if (decades < LOGS.leastDecades) return [];
    const about = trouble ? aboutOf(kind.example, writer, graph) : 'itself';
    const { what, before, after } = change;
    return [{ writer, kind, what, isTrouble: trouble, about, decades, before, after }];
  });
  return changes.sort(
    (a, b) =>
      a.writer - b.writer || compare(a.kind.template, b.kind.template) || compare(a.kind.level, b.kind.level),
  );
}

/** The moments of each kind of line and of each writer; a step belongs to the side that its middle is in. */
function momentsIn(
  logs: LogTable,
  width: number,
  { since, calmUntil, from, until }: EventWindow & { since: number },
  graph: CallGraph,
): { ofKind: Map<number, Moments>; ofWriter: Map<number, Moments> } {
  const ofKind = new Map<number, Moments>();
  const ofWriter = new Map<number, Moments>();
  const writers = logs.kinds.map(({ service }) => graph.indexOf.get(service));
  logs.time.forEach((start, row) => {
    const middle = start + logs.stepSeconds / 2;
    const side =
      start < since
        ? null
        : middle < calmUntil
          ? 'calm'
          : middle >= from && middle <= until
            ? 'incident'
            : null;
    const kind = logs.kind[row]!;
    const writer = writers[kind];
    if (side === null || writer === undefined) return;
    const moment = Math.floor(start / width + 1e-9);
    for (const [table, key] of [
      [ofKind, kind],
      [ofWriter, writer],
    ] as const) {
      const moments = table.get(key) ?? noMoments();
      moments[side].add(moment);
      table.set(key, moments);
    }
  });
  return { ofKind, ofWriter };
}

/** How the moments with a kind of line changed; null where they did not, or where there are too few to tell. */
function changeOf(
  has: Moments,
  active: Moments,
  all: { calm: number; incident: number },
): (Pick<TemplateChange, 'what' | 'before' | 'after'> & { rarity: number }) | null {
  const [calm, incident] = [active.calm.size, active.incident.size];
  if (calm < LOGS.leastMoments || incident < LOGS.leastMoments) return null;
  const [had, still] = [has.calm.size, has.incident.size];
  const [before, after] = [had / calm, still / incident];
  const what = after < LOGS.goneBelow * before ? 'gone' : after > LOGS.moreFrom * before ? 'more' : null;
  if (what === null) return null;
  const rarer = what === 'gone' ? fewer : more;
  // Of all moments as well: a flood of new lines makes every other one rarer among those that have any.
  const rarity = Math.min(
    rarer(had, calm, still, incident),
    rarer(Math.min(had, all.calm), all.calm, Math.min(still, all.incident), all.incident),
  );
  return { what, before, after, rarity };
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
