import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';
import { progressView } from '../../client/cli/progress-view.js';
import type { Incidents } from '../../client/incidents.js';
import type { Fault } from '../../examples/shop/fault-catalog.js';
import type { FaultKind } from '../../model/diagnosis.js';
import type { IncidentRecord } from '../../model/incident.js';
import { FAULT_TYPE_WORDS } from '../../model/wording.js';
import { clearFaultType } from '../../report/facts.js';
import { renderTerminalBrief } from '../../report/terminal-brief.js';
import { demoStore } from './settings.js';

const POLL_MS = 400;
const WIDEST = 110;

/** Which incident a demo waits for. */
export interface Awaited {
  environment: string;
  /** Opened at this moment or later, unix seconds: what was open before has another cause. */
  since: number;
  timeoutSeconds: number;
}

/**
 * Waits until an incident was opened; answers its workflow id.
 *
 * @param waiting called at each look with the seconds that are left
 * @throws Error when none was opened in time
 */
export async function incidentSince(
  incidents: Incidents,
  { environment, since, timeoutSeconds }: Awaited,
  signal: AbortSignal,
  waiting: (secondsLeft: number) => void = () => undefined,
): Promise<string> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const found = await incidents.list({ environment: [environment], since }, { limit: 1 });
    if (found.incidents[0]) return found.incidents[0].id;
    const left = deadline - Date.now();
    if (left <= 0) throw new Error(`no incident was opened within ${timeoutSeconds} s`);
    waiting(Math.ceil(left / 1000));
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Says what was broken, what the diagnosis named, and whether that is right. Answers whether all of it is. */
export function judge(
  fault: Pick<Fault, 'service' | 'kind' | 'description'>,
  record: IncidentRecord,
): boolean {
  const verdict = record.diagnosis?.verdict;
  const suspect = record.diagnosis?.suspects.find(({ service }) => service === verdict?.service);
  // What the summary does not name for being unclear is not named: `unknown`, as of a fault that no signal tells.
  const type = (suspect && clearFaultType(suspect)) ?? 'unknown';
  const isService = verdict?.service === fault.service;
  const isRight = isService && type === fault.kind;
  console.log(`\nBroken:  ${fault.service}, ${typeWords(fault.kind)} (${fault.description})`);
  console.log(
    `Named:   ${verdict?.service ?? 'no service'}, ${typeWords(type)} (${verdict?.level ?? 'no diagnosis'})`,
  );
  if (isRight) console.log(pc.green('The diagnosis is right.'));
  else if (isService && type === 'unknown')
    console.log(pc.yellow('The service is right; the fault type is unclear.'));
  else if (isService) console.log(pc.yellow('The service is right; the fault type is wrong.'));
  else console.log(pc.red('The diagnosis is wrong.'));
  return isRight;
}

function typeWords(kind: FaultKind): string {
  return kind === 'unknown' ? 'fault type unclear' : FAULT_TYPE_WORDS[kind];
}

/** Shows the progress of the diagnosis; answers the record once its summary is out. */
export async function followToSummary(
  incidents: Incidents,
  id: string,
  signal: AbortSignal,
): Promise<IncidentRecord> {
  const view = progressView(process.stdout, { colors: pc, now: () => Date.now() / 1000 });
  try {
    for await (const progress of incidents.watch(id, { everyMilliseconds: POLL_MS, signal }))
      view.show(progress);
  } finally {
    view.end();
  }
  return incidents.show(id);
}

/** The first screen of the summary, with the addresses of the report and of its page. */
export function printSummary(record: IncidentRecord): void {
  const width = process.stdout.columns || WIDEST;
  const links = record.links.flatMap((link) => (link.title === 'Report' ? reportFiles(link.url) : [link]));
  const look = { width, color: pc.isColorSupported };
  console.log(`\n${renderTerminalBrief({ ...record, links }, look).trimEnd()}`);
}

/** The record names its report by the key in the store; on this machine it is a file, with the page beside it. */
function reportFiles(key: string): IncidentRecord['links'] {
  const file = join(demoStore(), key);
  return [
    { title: 'Report', url: file },
    { title: 'Page', url: file.replace(/\.md$/, '.html') },
  ];
}

/** What went wrong, in one sentence, and exit code 1. */
export function tellFailure(error: unknown): void {
  console.error(`${pc.red('error:')} ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
