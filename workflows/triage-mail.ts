import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import type { Anomaly } from '../model/anomaly.js';
import type { CorrelateAnswer, CorrelateRequest } from '../model/triage.js';
import { staticDetails, staticSummary } from '../report/details.js';
import { diagnoseIncident } from './diagnose-incident.js';
import { now } from './incident.js';
import { anomalyAdded, anomalyResolved } from '../model/messages.js';
import { openingAttributes } from './search-attributes.js';
import type { Office } from './triage-round.js';

/** A metrics source that does not answer soon leaves groups and services to tell what belongs together. */
const { correlate } = proxyActivities<Pick<Activities, 'correlate'>>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '15s',
  retry: { initialInterval: '1s', maximumAttempts: 2 },
});

/** Characters of one message to an incident: also in the worst encoding it stays below a megabyte. */
const MOST_CHARACTERS = 300_000;

/** Starts the workflow of an incident; what does not fit its start follows as signals. */
async function openIncident(incident: string, anomalies: Anomaly[]): Promise<void> {
  const [first, ...others] = inPieces(anomalies);
  const environment = first?.[0]?.environment;
  if (!first || environment === undefined) return;
  try {
    await startChild(diagnoseIncident, {
      workflowId: incident,
      args: [{ triageId: workflowInfo().workflowId, environment, anomalies: first }],
      // The incident outlives this run of triage, which continues as new now and then.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      // A closed incident of the same group that fires again within its first minute reopens as a new run.
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      staticSummary: staticSummary(first),
      staticDetails: staticDetails(first),
      typedSearchAttributes: openingAttributes(first),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // Somebody ended an earlier triage by hand: its incident goes on and takes the news.
    others.unshift(first);
  }
  for (const piece of others) await signalIfOpen(incident, anomalyAdded, piece);
}

/** Tells an incident what came for it. False when it had ended, so that it knows nothing of it. */
async function addToIncident(incident: string, anomalies: Anomaly[]): Promise<boolean> {
  for (const piece of inPieces(anomalies)) {
    if (!(await signalIfOpen(incident, anomalyAdded, piece))) return false;
  }
  return true;
}

/** Tells an incident what of it is over; one that has ended needs not know. */
async function endInIncident(incident: string, anomalies: Anomaly[]): Promise<void> {
  for (const piece of inPieces(anomalies)) await signalIfOpen(incident, anomalyResolved, piece);
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

async function askWhoCalls(request: CorrelateRequest): Promise<CorrelateAnswer> {
  try {
    return await correlate(request);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('who calls whom could not be asked', { error: String(error) });
    return { homes: request.troubles.map(() => null), blind: 'who calls whom could not be asked' };
  }
}

function inPieces(anomalies: readonly Anomaly[]): Anomaly[][] {
  const pieces: Anomaly[][] = [];
  let room = 0;
  for (const anomaly of anomalies) {
    const characters = JSON.stringify(anomaly).length;
    const last = pieces.at(-1);
    if (last && characters <= room) {
      last.push(anomaly);
      room -= characters;
    } else {
      pieces.push([anomaly]);
      room = MOST_CHARACTERS - characters;
    }
  }
  return pieces;
}

/** How triage reaches incidents and activities. */
export const OFFICE: Office = {
  now,
  open: openIncident,
  add: addToIncident,
  end: endInIncident,
  correlate: askWhoCalls,
};
