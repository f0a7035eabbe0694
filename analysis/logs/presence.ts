import type { LogTable } from '../../model/telemetry.js';
import type { CallGraph } from '../graph/call-graph.js';
import { fewer, more } from '../stats/exact.js';
import { coverage } from '../stats/order.js';
import { LOGS } from '../weights.js';
import { aboutOf, type About } from './about.js';
import { isTrouble, templateOf } from './template.js';

/** A kind of line that a service stopped to write, or writes far more often than before. */
export interface TemplateChange {
  writer: number;
  template: string;
  what: 'gone' | 'more';
  isTrouble: boolean;
  about: About;
  /** -log10 of the chance, after allowance for how many templates were compared. */
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

/** By template of one writer, the moments that have such a line. */
interface Kind {
  writer: number;
  template: string;
  /** The earliest of such lines: what it says does not depend on the order of the source's answer. */
  message: string;
  since: number;
  isTrouble: boolean;
  calm: Set<number>;
  incident: Set<number>;
}

/**
 * Ordinary lines are evidence: a line that came every few seconds and is gone tells as much as a new error. What is
 * counted are moments, not lines, and only moments in which the service wrote anything: bursts are one event, and a
 * service that nobody asks writes less of everything. Compared by Fisher's exact test, so few moments decide as far as
 * they can. Linear in lines.
 */
export function templateChanges(
  logs: LogTable | null,
  window: EventWindow,
  graph: CallGraph,
): TemplateChange[] {
  if (logs === null) return [];
  const span = coverage(logs.lines.map(({ time }) => time));
  if (span === null) return [];
  const shorter = Math.min(window.calmUntil - span.from, Math.min(window.until, span.to) - window.from);
  if (!(shorter > 0)) return [];
  const width = Math.min(LOGS.longestMoment, Math.max(LOGS.shortestMoment, shorter / LOGS.moments));
  const kinds = new Map<string, Kind>();
  const active = { calm: new Map<number, Set<number>>(), incident: new Map<number, Set<number>>() };
  for (const line of logs.lines) {
    const { time, service, message } = line;
    const side =
      time < span.from
        ? null
        : time < window.calmUntil
          ? 'calm'
          : time >= window.from && time <= window.until
            ? 'incident'
            : null;
    const writer = side === null ? undefined : graph.indexOf.get(service);
    if (side === null || writer === undefined) continue;
    const moment = Math.floor(time / width);
    const of = active[side].get(writer) ?? new Set();
    active[side].set(writer, of.add(moment));
    const start = message.slice(0, LOGS.longestLine);
    const template = templateOf(start);
    const key = `${writer} ${template}`;
    let kind = kinds.get(key);
    if (kind === undefined) {
      if (kinds.size >= LOGS.mostTemplates) continue;
      const trouble = isTrouble(line);
      kind = {
        writer,
        template,
        message: start,
        since: time,
        isTrouble: trouble,
        calm: new Set(),
        incident: new Set(),
      };
      kinds.set(key, kind);
    }
    if (time < kind.since || (time === kind.since && start < kind.message)) {
      kind.message = start;
      kind.since = time;
    }
    kind[side].add(moment);
  }
  const all = {
    calm: Math.max(1, Math.round((window.calmUntil - span.from) / width)),
    incident: Math.max(1, Math.round((Math.min(window.until, span.to) - window.from) / width)),
  };
  const sorted = [...kinds.values()].sort(
    (a, b) => a.writer - b.writer || (a.template < b.template ? -1 : 1),
  );
  return sorted.flatMap((kind) => {
    const calm = active.calm.get(kind.writer)?.size ?? 0;
    const incident = active.incident.get(kind.writer)?.size ?? 0;
    if (calm < LOGS.leastMoments || incident < LOGS.leastMoments) return [];
    const [had, has] = [kind.calm.size, kind.incident.size];
    const [before, after] = [had / calm, has / incident];
    const what = after < LOGS.goneBelow * before ? 'gone' : after > LOGS.moreFrom * before ? 'more' : null;
    if (what === null || (what === 'more' && !kind.isTrouble)) return [];
    const rarer = what === 'gone' ? fewer : more;
    // Of all moments as well: a flood of new lines makes every other one rarer among those that have any.
    const rarity = Math.min(
      rarer(had, calm, has, incident),
      rarer(Math.min(had, all.calm), all.calm, Math.min(has, all.incident), all.incident),
    );
    const decades = rarity - Math.log10(kinds.size);
    if (decades < LOGS.leastDecades) return [];
    const about = kind.isTrouble ? aboutOf(kind.message, kind.writer, graph) : 'itself';
    return [{ ...kind, what, about, decades, before, after }];
  });
}
