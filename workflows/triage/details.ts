import { escapeMarkdown, shortName } from '../../report/escape.js';
import type { Triage } from './state.js';

const SHOWN_INCIDENTS = 20;
const SHOWN_SERVICES = 5;
const SHOWN_DROPS = 5;
const NAME_CHARACTERS = 80;
const REASON_CHARACTERS = 200;

/** Where a triage stands, as Markdown for the Temporal UI. What others wrote is escaped. */
export function triageDetails({ environment, open, waiting, outbox, counts, drops }: Triage): string {
  const incidents = [...open.values()].slice(-SHOWN_INCIDENTS).map(({ id, services, alerts }) => {
    const names = [...services.keys()];
    const shown = names.slice(0, SHOWN_SERVICES).map((name) => text(name));
    const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
    return `- ${text(id, REASON_CHARACTERS)}: ${shown.join(', ')}${more} (alerts: ${alerts})`;
  });
  const hidden = open.size - incidents.length;
  const backlog =
    waiting.size + outbox.size === 0
      ? 'No alert waits.'
      : `${waiting.size} firing alerts wait for their incident, ${outbox.size} messages for their delivery.`;
  const { placed, duplicates, resolved, silenced, orphanResolves, resolvedBeforeSeen } = counts;
  return [
    `**Open incidents in ${text(environment)}: ${open.size}**`,
    ...incidents,
    ...(hidden > 0 ? [`- and ${hidden} opened before these`] : []),
    '',
    backlog,
    '',
    `${counts.raised} alerts received: ${placed} placed in ${counts.incidents} incidents, ${duplicates} duplicates, ${resolved} resolved. Left out: ${silenced} silenced, ${orphanResolves} resolved and unknown, ${resolvedBeforeSeen} resolved before seen, ${counts.overflow} overflow, ${counts.malformed} malformed.`,
    '',
    ...drops.slice(0, SHOWN_DROPS).map(({ service, why }) => {
      return `- left out (${text(service)}): ${text(why, REASON_CHARACTERS)}`;
    }),
  ].join('\n');
}

function text(value: string, characters = NAME_CHARACTERS): string {
  return escapeMarkdown(shortName(value, characters));
}
