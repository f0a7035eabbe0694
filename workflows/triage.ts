import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Anomaly } from '../model/anomaly.js';
import type { RaiseAnswer } from '../model/progress.js';
import { staticDetails, staticSummary } from '../report/details.js';
import { diagnoseIncident } from './diagnose-incident.js';
import { anomaliesRaised, anomalyAdded, anomalyResolved, incidentClosed, raise } from './messages.js';
import { openingAttributes } from './search-attributes.js';
import { emptyBoard, TriageBoard, type BoardState, type Placement } from './triage-board.js';

export interface TriageInput {
  environment: string;
  /** What the previous run knew. */
  carried?: { board: BoardState; inbox: Anomaly[] };
}

/** A batch on its way through triage; `answer` is filled when every anomaly of it has found its place. */
interface Batch {
  anomalies: Anomaly[];
  answer?: RaiseAnswer;
}

/**
 * Takes the anomalies of one environment, one batch after the other, and sees that each reaches exactly one
 * incident: opens it, joins it, ends it, or knows that the anomaly is a repeat.
 */
export async function triage(input: TriageInput): Promise<void> {
  const board = new TriageBoard(input.carried?.board ?? emptyBoard());
  const inbox: Batch[] = input.carried ? [{ anomalies: input.carried.inbox }] : [];

  setHandler(anomaliesRaised, (anomalies) => {
    inbox.push({ anomalies });
  });
  setHandler(raise, async (anomalies) => {
    const batch: Batch = { anomalies };
    inbox.push(batch);
    await condition(() => batch.answer !== undefined);
    return batch.answer ?? { incidents: [] };
  });
  setHandler(incidentClosed, (incident) => board.close(incident));

  while (!workflowInfo().continueAsNewSuggested) {
    setCurrentDetails(describeBoard(input.environment, board.snapshot()));
    await condition(() => inbox.length > 0 || workflowInfo().continueAsNewSuggested);
    const batch = inbox[0];
    if (!batch) continue;
    batch.answer = await placeAll(board, batch.anomalies);
    inbox.shift();
  }

  // An update's caller waits for its answer, so its batch is placed in this run; plain signals may move on.
  while (!allHandlersFinished()) {
    const batch = inbox.shift();
    if (batch) batch.answer = await placeAll(board, batch.anomalies);
    await condition(() => allHandlersFinished() || inbox.length > 0);
  }
  await continueAsNew<typeof triage>({
    environment: input.environment,
    carried: { board: board.snapshot(), inbox: inbox.flatMap((batch) => batch.anomalies) },
  });
}

/** Decides on each anomaly, then tells each incident once what came for it. */
async function placeAll(board: TriageBoard, anomalies: Anomaly[]): Promise<RaiseAnswer> {
  const answer: RaiseAnswer = { incidents: [] };
  const mail = new Map<string, { opens: boolean; added: Anomaly[]; ended: Anomaly[] }>();

  for (const anomaly of anomalies) {
    const placement = board.place(anomaly);
    if (placement.kind === 'stray') continue;
    answer.incidents.push({
      fingerprint: anomaly.fingerprint,
      workflowId: placement.incident,
      joined: placement.kind !== 'opens',
    });
    if (placement.kind === 'repeats') continue;
    addToMail(mail, placement, anomaly);
  }

  for (const [incident, { opens, added, ended }] of mail) {
    if (opens) {
      await openIncident(incident, added);
    } else if (added.length > 0 && !(await signalIfOpen(incident, anomalyAdded, added))) {
      // It has ended since triage last heard of it, so these anomalies are news: they open another.
      board.close(incident);
      for (const anomaly of added) board.forget(anomaly);
      const again = await placeAll(board, added);
      const moved = new Set(added.map((anomaly) => anomaly.fingerprint));
      answer.incidents = [
        ...answer.incidents.filter((one) => !moved.has(one.fingerprint)),
        ...again.incidents,
      ];
    }
    if (ended.length > 0) await signalIfOpen(incident, anomalyResolved, ended);
  }
  return answer;
}

function addToMail(
  mail: Map<string, { opens: boolean; added: Anomaly[]; ended: Anomaly[] }>,
  placement: Extract<Placement, { incident: string }>,
  anomaly: Anomaly,
): void {
  const letters = mail.get(placement.incident) ?? { opens: false, added: [], ended: [] };
  if (placement.kind === 'opens') letters.opens = true;
  (placement.kind === 'ends' ? letters.ended : letters.added).push(anomaly);
  mail.set(placement.incident, letters);
}

async function openIncident(incident: string, anomalies: Anomaly[]): Promise<void> {
  const first = anomalies[0];
  if (!first) return;
  try {
    await startChild(diagnoseIncident, {
      workflowId: incident,
      args: [{ triageId: workflowInfo().workflowId, environment: first.environment, anomalies }],
      // The incident outlives this run of triage, which continues as new now and then.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      // A closed incident of the same group that fires again within its first minute reopens as a new run.
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      staticSummary: staticSummary(anomalies),
      staticDetails: staticDetails(anomalies),
      typedSearchAttributes: openingAttributes(anomalies),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // Somebody ended an earlier triage by hand: its incident goes on and takes the news.
    await signalIfOpen(incident, anomalyAdded, anomalies);
  }
}

/** Whether the incident was still there to be told. */
async function signalIfOpen(
  incident: string,
  signal: typeof anomalyAdded,
  anomalies: Anomaly[],
): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(incident).signal(signal, anomalies);
    return true;
  } catch (error) {
    log.info('incident had ended before it could be told', { incident, error: String(error) });
    return false;
  }
}

function describeBoard(environment: string, board: BoardState): string {
  const { raised, repeats, strays, incidents } = board.counts;
  const lines = board.open.map((open) => `- \`${open.id}\`: ${open.services.join(', ')}`);
  return [
    `**${board.open.length} open incidents in ${environment}**`,
    ...lines,
    '',
    `${raised} anomalies seen: ${incidents} incidents opened, ${repeats} repeats, ${strays} ends of unknown alerts.`,
  ].join('\n');
}
