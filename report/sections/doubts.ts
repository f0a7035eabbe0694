import type { Gap } from '../../model/gap.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { Block, Section, Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import { isLooking, type Facts } from '../facts.js';
import { count } from '../format.js';

const MOST_LINES = 20;

/** What it is not, and why. */
export function ruledOutSection({ diagnosis }: Facts): Section | null {
  if (!diagnosis) return null;
  const said = new Set(diagnosis.ruledOut.map(({ what }) => what));
  const lines = [
    ...diagnosis.ruledOut.map(({ what, why }): Text => [
      { strong: oneLine(what, 120) },
      `: ${oneLine(why, 400)}`,
    ]),
    ...diagnosis.suspects
      .filter(({ status, service }) => status === 'ruled-out' && !said.has(service))
      .map(({ service, evidence }): Text => {
        const against = evidence
          .filter(({ stance }) => stance === 'against')
          .sort((a, b) => b.weight - a.weight)[0];
        const why = against ? oneLine(against.statement, 400) : 'the evidence speaks for others';
        return [{ strong: shortName(service, 60) }, `: ${why}`];
      }),
  ];
  return { title: 'Ruled out', blocks: [bounded(lines, 'Nothing was ruled out.')] };
}

/** What was not looked at: evidence of nothing, and always said. */
export function notCheckedSection({ record, diagnosis }: Facts): Section {
  const gaps = distinct([...record.gaps, ...(diagnosis?.gaps ?? [])]);
  const lines = [
    ...gaps.map(({ what, source, reason }): Text => [
      { strong: oneLine(what, 200) },
      ` (${oneLine(source, 60)}): ${oneLine(reason, 400)}`,
    ]),
    ...record.checks
      .filter(({ outcome }) => outcome === 'could-not-run')
      .map(({ check, service, statement }): Text => [
        { strong: `check ${oneLine(check, 60)} of ${shortName(service, 60)}` },
        `: ${oneLine(statement, 400)}`,
      ]),
  ];
  return { title: 'Not checked', blocks: [bounded(lines, nothingMissing(record))] };
}

function nothingMissing(record: IncidentRecord): string {
  if (record.diagnosis) return 'Every source that was asked answered.';
  return isLooking(record) ? 'The first look is still under way.' : 'No look came to its end.';
}

function distinct(gaps: readonly Gap[]): Gap[] {
  const seen = new Set<string>();
  return gaps.filter(({ source, what }) => {
    const key = `${source}\n${what}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
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
