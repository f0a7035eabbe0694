import { text, type Section, type Span, type Text } from '../document.js';
import { linkTarget, oneLine, shortName } from '../escape.js';
import { FAULT_WORDS, LEVEL_WORDS, STATE_WORDS, type Facts } from '../facts.js';
import { confidence, duration, moment } from '../format.js';
import { maskAddress } from '../mask.js';
import {
  acknowledgedWords,
  alertCountWords,
  escalatedWords,
  judgementWords,
  linksOf,
  REVISION_REASON_WORDS,
} from '../standing.js';

/** Links of one alert beyond these are left out. */
const MOST_LINKS = 6;

export function statusSection(facts: Facts): Section {
  const { record, service } = facts;
  const rows: (readonly [string, Text])[] = [
    ['Incident', [{ code: oneLine(record.id, 200) }]],
    ['State', [STATE_WORDS[record.state]]],
    ...revisionRow(facts),
    ...verdictRows(facts),
    [
      'Service',
      [`${oneLine(service, 120)} (${record.severity}, environment ${oneLine(record.environment, 80)})`],
    ],
    ['Alerts', [alertCountWords(record)]],
    ...timeRows(facts),
    ...contactRows(facts),
    ...linkRows(facts),
  ];
  return { title: 'Status', blocks: [{ kind: 'facts', rows }] };
}

function verdictRows({ diagnosis }: Facts): (readonly [string, Text])[] {
  if (!diagnosis) return [['Verdict', ['none, there is no diagnosis']]];
  const { level, service, faultKind, confidence: sure } = diagnosis.verdict;
  const named = service === null ? 'no service' : oneLine(service, 120);
  return [
    ['Verdict', text`${{ strong: LEVEL_WORDS[level] }}: ${named}, ${FAULT_WORDS[faultKind]}`],
    ...(service === null ? [] : [['Confidence', [confidence(sure)]] as const]),
  ];
}

function timeRows({ record, diagnosis, zero, zeroIs, closedAt }: Facts): (readonly [string, Text])[] {
  const { openedAt, firstResultAt } = record.timings;
  const exact = diagnosis?.onset && diagnosis.onset.time === zero ? diagnosis.onset.uncertaintySeconds : 0;
  const within = exact > 0 ? `, within ${duration(exact)}` : '';
  const rows: (readonly [string, Text])[] = [
    ['Began', [`${moment(zero)} (T+0: ${oneLine(zeroIs, 160)}${within})`]],
  ];
  if (record.anomalies.length > 0) {
    const alerted = Math.min(...record.anomalies.map(({ startedAt }) => startedAt));
    const delay = alerted > zero ? ` (${duration(alerted - zero)} after it began)` : '';
    rows.push(['First alert', [`${moment(alerted)}${delay}`]]);
  }
  if (firstResultAt !== null) {
    rows.push(['First result', [`${duration(firstResultAt - openedAt)} after the incident was opened`]]);
  }
  if (closedAt !== null) {
    rows.push(['Closed', [`${moment(closedAt)} (lasted ${duration(closedAt - zero)})`]]);
  }
  return rows;
}

/** Which telling of the incident this is, and why it was told. */
function revisionRow({ record }: Facts): (readonly [string, Text])[] {
  if (record.revision === 0) return [];
  return [['Revision', [`${record.revision}: ${REVISION_REASON_WORDS[record.revisionReason]}`]]];
}

/** People appear as whom to ask, never as whom to blame. */
function contactRows({ record, change, closedAt }: Facts): (readonly [string, Text])[] {
  const escalated = escalatedWords(record);
  const acknowledged = acknowledgedWords(record) ?? (closedAt === null ? 'by nobody yet' : null);
  const rows: (readonly [string, string | null])[] = [
    ['Escalated', escalated],
    ['Acknowledged', acknowledged],
    ['Judged', record.feedback && judgementWords(record.feedback)],
    ['Whom to ask', change?.author ? `${oneLine(change.author, 80)}, about the change` : null],
  ];
  return rows.flatMap(([name, words]) => (words === null ? [] : [[name, [words]] as const]));
}

function linkRows({ record }: Facts): (readonly [string, Text])[] {
  const all = linksOf(record);
  if (all.length === 0) return [];
  const shown = all.slice(0, MOST_LINKS).flatMap((link, index): Span[] => {
    return index === 0 ? [linkSpan(link)] : [', ', linkSpan(link)];
  });
  const more = all.length > MOST_LINKS ? [`, and ${all.length - MOST_LINKS} more in the record`] : [];
  return [['Links', [...shown, ...more]]];
}

/** A link where it can be one; else its words: a file's path, or an address of a kind that nobody should follow. */
export function linkSpan({ title, url }: { title: string; url: string }): Span {
  const safe = maskAddress(url);
  const target = linkTarget(safe);
  const words = shortName(title, 60) || 'link';
  return target === null ? `${words}: ${oneLine(safe, 200)}` : { link: words, url: target };
}
