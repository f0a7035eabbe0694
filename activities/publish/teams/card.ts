import type { IncidentRecord } from '../../../model/incident.js';
import { briefOf, type Brief } from '../../../report/brief.js';
import { oneLine } from '../../../report/escape.js';
import { actionWords, followable } from '../plain-brief.js';
import { revisionKey } from '../revision-key.js';

/** Teams refuses messages above 28 KB; what it adds by itself counts too. */
export const LONGEST_MESSAGE_BYTES = 20 * 1024;
const MOST = { news: 5, links: 5 } as const;
const LONGEST_ADDRESS = 1000;

interface TextRun {
  type: 'TextRun';
  text: string;
  weight?: 'Bolder';
  size?: 'Large';
  color?: 'Attention' | 'Warning' | 'Good' | 'Accent';
  fontType?: 'Monospace';
  isSubtle?: true;
}

/** Shows its text as it stands. A TextBlock, and a fact's value, would read Markdown in it, links included. */
interface RichTextBlock {
  type: 'RichTextBlock';
  inlines: TextRun[];
}

interface AdaptiveCard {
  $schema: string;
  type: 'AdaptiveCard';
  version: '1.4';
  fallbackText: string;
  msteams: { width: 'Full' };
  body: RichTextBlock[];
  actions: { type: 'Action.OpenUrl'; title: string; url: string }[];
}

/** A message as a workflow of Teams takes it: one adaptive card. */
export interface CardMessage {
  type: 'message';
  attachments: [
    { contentType: 'application/vnd.microsoft.card.adaptive'; contentUrl: null; content: AdaptiveCard },
  ];
}

/** The summary as a card, at most `LONGEST_MESSAGE_BYTES`. `news` is what changed since the last one. */
export function cardOf(record: IncidentRecord, news: readonly string[]): CardMessage {
  const brief = briefOf(record);
  return fitted({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: brief.title,
    msteams: { width: 'Full' },
    body: [
      line(run(brief.title, 100, { weight: 'Bolder', size: 'Large', color: colourOf(record) })),
      line(run(brief.cause, 700)),
      ...news.slice(0, MOST.news).map((sentence) => named('Changed', sentence)),
      ...brief.fields.map(({ name, value }) => named(name, value)),
      named('Status', brief.status),
      ...brief.why.map(({ stance, statement }) => named(stance === 'for' ? 'For' : 'Against', statement)),
      ...(brief.ruledOut === null ? [] : [named('Ruled out', brief.ruledOut)]),
      ...(brief.notChecked === null ? [] : [named('Not checked', brief.notChecked)]),
      ...next(brief),
      line(run(`Faultline ${revisionKey(record)}`, 300, { isSubtle: true })),
    ],
    actions: followable(brief, MOST.links, LONGEST_ADDRESS).map(({ title, url }) => ({
      type: 'Action.OpenUrl',
      title,
      url,
    })),
  });
}

/** Leaves out from the end, but for the line that names the revision, until it fits. */
function fitted(card: AdaptiveCard): CardMessage {
  const contentType = 'application/vnd.microsoft.card.adaptive';
  const message: CardMessage = {
    type: 'message',
    attachments: [{ contentType, contentUrl: null, content: card }],
  };
  while (Buffer.byteLength(JSON.stringify(message)) > LONGEST_MESSAGE_BYTES && card.body.length > 2) {
    card.body.splice(-2, 1);
  }
  return message;
}

function line(...inlines: TextRun[]): RichTextBlock {
  return { type: 'RichTextBlock', inlines };
}

function run(text: string, limit: number, look: Omit<TextRun, 'type' | 'text'> = {}): TextRun {
  return { type: 'TextRun', text: oneLine(text, limit), ...look };
}

function named(name: string, value: string): RichTextBlock {
  return line({ type: 'TextRun', text: `${name}: `, weight: 'Bolder' }, run(value, 350));
}

function next({ actions }: Brief): RichTextBlock[] {
  return actions.flatMap((action, index) => {
    const words = named(`Next ${index + 1}`, actionWords(action));
    const { command } = action;
    return command === null ? [words] : [words, line(run(command, 500, { fontType: 'Monospace' }))];
  });
}

function colourOf({ severity, timings }: IncidentRecord): NonNullable<TextRun['color']> {
  if (timings.closedAt !== null) return 'Good';
  return ({ critical: 'Attention', warning: 'Warning', info: 'Accent' } as const)[severity];
}
