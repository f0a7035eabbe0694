import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';
import type { Incidents } from '../../client/incidents.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { ProgressStep } from '../../model/progress.js';
import { renderTerminal } from '../../report/terminal.js';

const POLL_MS = 400;
const WIDEST = 110;

/** Waits until an incident of the environment shows up in Temporal; answers its workflow id. */
export async function firstIncident(
  incidents: Incidents,
  environment: string,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const found = await incidents.list({ environment: [environment] }, { limit: 1 });
    if (found.incidents[0]) return found.incidents[0].id;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Prints each step of the diagnosis when it is over; answers the record once its summary is out. */
export async function followToSummary(
  incidents: Incidents,
  id: string,
  signal: AbortSignal,
): Promise<IncidentRecord> {
  const told = new Set<string>();
  for await (const { steps } of incidents.watch(id, { everyMilliseconds: POLL_MS, signal })) {
    for (const step of steps.filter(({ state }) => state === 'done' || state === 'failed')) {
      if (told.has(step.name)) continue;
      told.add(step.name);
      console.log(`  ${lineOf(step)}`);
    }
  }
  return incidents.show(id);
}

function lineOf({ state, name, detail }: ProgressStep): string {
  const mark = state === 'done' ? pc.green('done  ') : pc.red('failed');
  return `${mark} ${name}${detail === '' ? '' : pc.dim(`: ${detail}`)}`;
}

/** The summary as a person at the terminal reads it, and where to go on from there: the report file has the rest. */
export function printSummary(record: IncidentRecord): void {
  const width = Math.min(process.stdout.columns || WIDEST, WIDEST);
  console.log(`\n${renderTerminal(record, { width, color: pc.isColorSupported, detail: 'short' })}\n`);
  const links = record.links.flatMap((link) =>
    // The page lies beside the report.
    link.title === 'Report' ? [link, { title: 'Page', url: link.url.replace(/\.md$/, '.html') }] : [link],
  );
  for (const { title, url } of links) console.log(`${title.padEnd(13)} ${pc.cyan(url)}`);
}

/** What went wrong, in one sentence, and exit code 1. */
export function tellFailure(error: unknown): void {
  console.error(`${pc.red('error:')} ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
