import type { IncidentRecord } from '../../model/incident.js';
import type { Block, Section, Text } from '../document.js';
import { missingOf } from '../missing.js';
import { ruledOutOf } from '../ruled-out.js';
import { isInvestigating, type Facts } from '../facts.js';
import { count } from '../../model/wording.js';

const MOST_LINES = 20;

/** Services, fault types and changes that are not the cause, and why. */
export function ruledOutSection({ diagnosis }: Facts): Section | null {
  if (!diagnosis) return null;
  const lines = ruledOutOf(diagnosis).map(({ what, why }): Text => [{ strong: what }, `: ${why}.`]);
  return { title: 'Ruled out', blocks: [bounded(lines, 'Nothing was ruled out.')] };
}

/** Queries and checks without data: no evidence for or against anything, and always listed. */
export function notCheckedSection({ record }: Facts): Section {
  const lines = missingOf(record).map(({ what, source, reason }): Text => [
    { strong: what },
    `${source === null ? '' : ` (${source})`}: ${reason}.`,
  ]);
  return { title: 'Not checked', blocks: [bounded(lines, nothingMissing(record))] };
}

function nothingMissing(record: IncidentRecord): string {
  if (record.diagnosis) return 'All data sources answered.';
  return isInvestigating(record) ? 'The first investigation is still running.' : 'No investigation finished.';
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
