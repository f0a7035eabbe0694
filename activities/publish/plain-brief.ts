import type { IncidentRecord } from '../../model/incident.js';
import { briefOf, type Brief } from '../../report/brief.js';
import { linkTarget, oneLine } from '../../report/escape.js';
import { maskAddress } from '../../report/mask.js';

const MOST = { news: 5, fields: 7 } as const;
const CAUSE = 600;
const LINE = 300;

/** How much of what is long by nature is told. */
export interface PlainLimits {
  actions: number;
  links: number;
}

/** The summary in lines of plain text, for places that know no markup. `news` is what changed since the last one. */
export function plainLines(record: IncidentRecord, news: readonly string[], most: PlainLimits): string[] {
  const brief = briefOf(record);
  return [
    brief.title,
    oneLine(brief.cause, CAUSE),
    ...news.slice(0, MOST.news).map((sentence) => `Changed: ${oneLine(sentence, LINE)}`),
    ...brief.fields.slice(0, MOST.fields).map(({ name, value }) => `${name}: ${oneLine(value, 200)}`),
    `Status: ${brief.status}`,
    ...brief.why.map(({ stance, statement }) => `${stance === 'for' ? 'For' : 'Against'}: ${statement}`),
    ...(brief.ruledOut === null ? [] : [`Ruled out: ${oneLine(brief.ruledOut, LINE)}`]),
    ...(brief.notChecked === null ? [] : [`Not checked: ${oneLine(brief.notChecked, LINE)}`]),
    ...brief.actions.slice(0, most.actions).flatMap(actionLines),
    ...followable(brief, most.links).map(({ title, url }) => `${title}: ${url}`),
  ];
}

/** The first links that may be followed: web pages only, without secrets, and none that nobody could copy. */
export function followable({ links }: Brief, most: number, longest = 300): Brief['links'] {
  return links
    .flatMap(({ title, url }) => {
      const target = linkTarget(maskAddress(url));
      return target === null || target.length > longest ? [] : [{ title, url: target }];
    })
    .slice(0, most);
}

/** What to do, without its command. */
export function actionWords({ title, risk, expect }: Brief['actions'][number]): string {
  return `${title.replace(/\.$/, '')} (${risk}). Expect: ${expect}`;
}

function actionLines(action: Brief['actions'][number]): string[] {
  const words = `Next: ${actionWords(action)}`;
  return action.command === null ? [words] : [words, `  ${oneLine(action.command, LINE)}`];
}
