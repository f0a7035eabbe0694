import { text, type Section, type Span, type Text } from '../document.js';
import { linkTarget, oneLine, shortName } from '../escape.js';
import { faultTypeWords, LEVEL_WORDS, STATE_WORDS, type Facts } from '../facts.js';
import { wholePercent } from '../../model/wording.js';
import { duration, moment } from '../format.js';
import { maskAddress } from '../mask.js';
import {
  acknowledgedWords,
  alertCountWords,
  escalatedWords,
  feedbackWords,
  linksOf,
  REVISION_REASON_WORDS,
} from '../status.js';

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
    ...traceRows(facts),
  ];
  return { title: 'Status', blocks: [{ kind: 'facts', rows }] };
}

function verdictRows({ diagnosis, suspect }: Facts): (readonly [string, Text])[] {
  if (!diagnosis) return [['Verdict', ['none, there is no diagnosis']]];
  const { level, service, confidence } = diagnosis.verdict;
  const named = service === null ? 'no service' : `${oneLine(service, 120)} (${wholePercent(confidence)})`;
  return [
    ['Verdict', text`${{ strong: LEVEL_WORDS[level] }}: ${named}`],
    ...(suspect ? [['Fault type', [faultTypeWords(suspect).replace(/^Fault type:? /, '')]] as const] : []),
  ];
}

function timeRows({ record, diagnosis, zero, zeroIs, closedAt }: Facts): (readonly [string, Text])[] {
  const { openedAt, firstResultAt } = record.timings;
  const exact = diagnosis?.onset && diagnosis.onset.time === zero ? diagnosis.onset.uncertaintySeconds : 0;
  const within = exact > 0 ? `, within ${duration(exact)}` : '';
  const rows: (readonly [string, Text])[] = [
    ['Started', [`${moment(zero)} (T+0: ${oneLine(zeroIs, 160)}${within})`]],
  ];
  if (record.anomalies.length > 0) {
    const alerted = Math.min(...record.anomalies.map(({ startedAt }) => startedAt));
    const delay = alerted > zero ? ` (${duration(alerted - zero)} after it started)` : '';
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

/** Which update of the summary this is, and why it was made. */
function revisionRow({ record }: Facts): (readonly [string, Text])[] {
  if (record.revision === 0) return [];
  return [['Update', [`${record.revision}: ${REVISION_REASON_WORDS[record.revisionReason]}`]]];
}

/** People appear as contacts only. */
function contactRows({ record, change, closedAt }: Facts): (readonly [string, Text])[] {
  const escalated = escalatedWords(record);
  const acknowledged = acknowledgedWords(record) ?? (closedAt === null ? 'not acknowledged' : null);
  const rows: (readonly [string, string | null])[] = [
    ['Escalated', escalated],
    ['Acknowledged', acknowledged],
    ['Feedback', record.feedback && feedbackWords(record.feedback)],
    ['Change author', change?.author ? oneLine(change.author, 80) : null],
  ];
  return rows.flatMap(([name, words]) => (words === null ? [] : [[name, [words]] as const]));
}

/** Each link on a line of its own, so that it can be clicked or copied. */
function linkRows({ record }: Facts): (readonly [string, Text])[] {
  const all = linksOf(record);
  const rows = all.slice(0, MOST_LINKS).map(({ title, url }) => {
    const safe = maskAddress(url);
    const target = linkTarget(safe);
    const value: Span = target === null ? { code: oneLine(safe, 200) } : { link: target, url: target };
    return [shortName(title, 16) || 'Link', [value]] as const;
  });
  const more = all.length - rows.length;
  return more > 0 ? [...rows, ['More links', [`${more} in the record`]]] : rows;
}

/** Traces to look at, each with what is to be seen in it; by its id where it has no page. */
function traceRows({ diagnosis }: Facts): (readonly [string, Text])[] {
  return (diagnosis?.traces ?? []).map(({ traceId, page, request, statement }) => {
    const words = `${shortName(request, 80)}: ${oneLine(statement, 200)}`;
    if (page === null) return ['Trace', [`${words}, `, { code: oneLine(traceId, 40) }]] as const;
    return ['Trace', [`${words}, `, linkSpan({ title: 'trace', url: page })]] as const;
  });
}

/** A link where it can be one; else its words: a file's path, or an address of a kind that must not be followed. */
export function linkSpan({ title, url }: { title: string; url: string }): Span {
  const safe = maskAddress(url);
  const target = linkTarget(safe);
  const words = shortName(title, 60) || 'link';
  return target === null ? `${words}: ${oneLine(safe, 200)}` : { link: words, url: target };
}
