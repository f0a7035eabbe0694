import { text, type Block, type FlowStep, type Section, type Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import type { Facts } from '../facts.js';
import { clock, duration, offset } from '../format.js';
import { causeSentences, changeWords } from '../headline.js';
import { checksSentence } from '../../model/wording.js';
import type { Queries } from '../queries.js';
import { linkSpan } from './status.js';

const MOST_HOPS = 20;
/** A fault type with less than this share needs no check. */
const WORTH_A_CHECK = 0.1;

/** The probable root cause, the reason for it, the change that triggered it, its checks, and which data are missing. */
export function causeSection(facts: Facts, queries: Queries): Section {
  const { diagnosis } = facts;
  const causes = causeSentences(facts, queries.cite).map((sentence): Block => ({
    kind: 'paragraph',
    text: sentence,
  }));
  if (!diagnosis) return { title: 'Probable cause', blocks: causes };
  const { verdict } = diagnosis;
  const items: Text[] = [
    // Without a suspect the reason is the sentence above.
    ...(verdict.service === null ? [] : [text`Why: ${oneLine(verdict.reason)}`]),
    ...changeItems(facts),
    ...checkItems(facts),
    ...verdict.wouldSettle.map((what) => text`Missing data: ${oneLine(what)}`),
  ];
  return { title: 'Probable cause', blocks: [...causes, { kind: 'list', items }] };
}

function changeItems({ change, zero }: Facts): Text[] {
  if (!change) return [];
  const where = change.service === null ? '' : ` of ${shortName(change.service, 60)}`;
  const from =
    change.link === null ? oneLine(change.source, 60) : linkSpan({ title: change.source, url: change.link });
  const files = change.files.slice(0, 5).map((file) => oneLine(file, 100));
  const touched = files.length > 0 ? `; files ${files.join(', ')}` : '';
  const more = change.files.length > 5 ? ` and ${change.files.length - 5} more` : '';
  return [
    text`Trigger: ${changeWords(change)}${where}, ${clock(change.time)} UTC (${offset(change.time, zero)}); source ${from}${touched}${more}`,
  ];
}

/** What the checks of the suspected service found, and which suspected fault type none of them covers. */
function checkItems({ record, suspect }: Facts): Text[] {
  if (!suspect) return [];
  const own = record.checks.filter(({ service }) => service === suspect.service);
  if (own.length === 0) return [];
  const suspected = suspect.faultKinds.filter(({ probability }) => probability >= WORTH_A_CHECK);
  return [
    [
      `Checks of ${shortName(suspect.service, 60)}: ${checksSentence(
        own,
        suspected.map(({ kind }) => kind),
      )}`,
    ],
  ];
}

/** The path from the cause to the affected service. Null where none is known. */
export function spreadSection(facts: Facts): Section | null {
  const steps = facts.diagnosis?.propagation ?? [];
  if (steps.length === 0) return null;
  const shown = steps.slice(0, MOST_HOPS).map(({ from, to, via, lagSeconds }): FlowStep => ({
    from: shortName(from, 60),
    to: shortName(to, 60),
    label: lagSeconds === null ? VIA_WORDS[via] : `${VIA_WORDS[via]}, ${lag(lagSeconds)}`,
  }));
  const cause = facts.diagnosis?.verdict.service ?? null;
  const flow: Block = {
    kind: 'flow',
    steps: shown,
    cause: cause === null ? null : shortName(cause, 60),
    affected: shortName(facts.service, 60),
  };
  const more = steps.length - shown.length;
  const note: Block[] =
    more > 0 ? [{ kind: 'paragraph', text: [`${more} further hops are in the record.`] }] : [];
  return { title: 'How it spread', blocks: [flow, ...note] };
}

const VIA_WORDS = {
  calls: 'through its calls',
  load: 'by more requests',
  host: 'on the same host',
} as const;

/** A hop that seems to go back in time says nothing: the samples are too coarse to tell which came first. */
function lag(seconds: number): string {
  if (seconds < 0) return 'order of onsets unclear';
  return Math.round(seconds) === 0 ? 'at the same time' : `${duration(seconds)} later`;
}
