import { text, type Block, type FlowStep, type Section, type Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import { FAULT_WORDS, type Facts } from '../facts.js';
import { clock, confidence, duration, offset } from '../format.js';
import { causeSentences, changeWords } from '../headline.js';
import type { Queries } from '../queries.js';
import { linkSpan } from './status.js';

const MOST_HOPS = 20;
const WORTH_A_THOUGHT = 0.1;

/** What probably began it, why that is believed, and what would settle it. */
export function causeSection(facts: Facts, queries: Queries): Section {
  const { diagnosis } = facts;
  const causes = causeSentences(facts, queries.cite).map((sentence): Block => ({
    kind: 'paragraph',
    text: sentence,
  }));
  if (!diagnosis) return { title: 'Probable cause', blocks: causes };
  const { verdict } = diagnosis;
  const items: Text[] = [
    // Without a suspect the reason has just been said.
    ...(verdict.service === null ? [] : [text`Why: ${oneLine(verdict.reason)}`]),
    ...changeItems(facts),
    ...otherKinds(facts),
    ...verdict.wouldSettle.map((what) => text`Would settle it: ${oneLine(what)}`),
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
    text`Trigger: ${changeWords(change)}${where}, ${clock(change.time)} UTC (${offset(change.time, zero)}), says ${from}${touched}${more}`,
  ];
}

/** Other kinds of fault that this service may have, when they are worth a thought. */
function otherKinds({ suspect }: Facts): Text[] {
  const others = (suspect?.faultKinds ?? []).filter(
    ({ kind, probability }) =>
      kind !== suspect?.faultKind && kind !== 'unknown' && probability >= WORTH_A_THOUGHT,
  );
  if (others.length === 0) return [];
  const words = others.map(({ kind, probability }) => `${FAULT_WORDS[kind]} ${confidence(probability)}`);
  return [[`If it is this service, the kind of fault may also be: ${words.join(', ')}`]];
}

/** How trouble went from the cause to the symptom. Null where no way is known. */
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
  load: 'by sending it more',
  host: 'on the same host',
} as const;

function lag(seconds: number): string {
  if (Math.round(seconds) === 0) return 'at the same time';
  return seconds > 0 ? `${duration(seconds)} later` : `seen ${duration(-seconds)} earlier`;
}
