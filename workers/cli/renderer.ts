import type { ClientSettings, RecordRenderer } from '../../client/cli/context.js';
import type { IncidentRecord } from '../../model/incident.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { renderTerminalBrief } from '../../report/terminal-brief.js';

export const renderer: RecordRenderer = {
  markdown: renderMarkdown,
  text: (record, { full, ...look }) =>
    full ? renderTerminal(record, look) : renderTerminalBrief(record, look),
  html: pageFromStore,
};

/** The page of a record; without a store it has no plots and says so. */
export async function pageFromStore(record: IncidentRecord, { store }: ClientSettings): Promise<string> {
  const { pageOf, pageWithoutPlots } = await import('../../activities/record/draw-page.js');
  if (!store) return pageWithoutPlots(record, 'no store is configured here');
  const { createEvidence } = await import('../../activities/record/evidence-store.js');
  const { openBlobs } = await import('../../activities/record/open-store.js');
  return pageOf(record, createEvidence(openBlobs(store)));
}
