import type { IncidentRecord } from '../../model/incident.js';
import type { Block, Section, Text } from '../document.js';
import { ruledOutOf, unseenOf } from '../doubts.js';
import { isLooking, type Facts } from '../facts.js';
import { count } from '../format.js';

const MOST_LINES = 20;

/** What it is not, and why. */
export function ruledOutSection({ diagnosis }: Facts): Section | null {
  if (!diagnosis) return null;
  const lines = ruledOutOf(diagnosis).map(({ what, why }): Text => [{ strong: what }, `: ${why}.`]);
  return { title: 'Ruled out', blocks: [bounded(lines, 'Nothing was ruled out.')] };
}

/** What was not looked at: evidence of nothing, and always said. */
export function notCheckedSection({ record }: Facts): Section {
  const lines = unseenOf(record).map(({ what, source, reason }): Text => [
    { strong: what },
    `${source === null ? '' : ` (${source})`}: ${reason}.`,
  ]);
  return { title: 'Not checked', blocks: [bounded(lines, nothingMissing(record))] };
}

function nothingMissing(record: IncidentRecord): string {
  if (record.diagnosis) return 'Every source that was asked answered.';
  return isLooking(record) ? 'The first look is still under way.' : 'No look came to its end.';
}

function bounded(lines: readonly Text[], nothing: string): Block {
  if (lines.length === 0) return { kind: 'paragraph', text: [nothing] };
  const shown = lines.slice(0, MOST_LINES);
  const more = lines.length - shown.length;
  return {
    kind: 'list',
    items: more > 0 ? [...shown, [`${count(more, 'more entry', 'more entries')} in the record`]] : shown,
  };
}
