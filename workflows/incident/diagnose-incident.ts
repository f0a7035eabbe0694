import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  workflowInfo,
} from '@temporalio/workflow';
import type { Policy } from '../../activities/contract.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { DiagnoseInput, TriageMessage } from '../../model/delivery.js';
import type { IncidentRecord, IncidentState } from '../../model/incident.js';
import { triageMessages } from '../../model/messages.js';
import { readPolicy } from '../activity-options.js';
import { failureReason } from '../failure-reason.js';
import { runUrl } from '../run-url.js';
import { clock, now } from '../time.js';
import { alertsToInvestigate, textless } from './alerts.js';
import { withinBudget } from './budget.js';
import { IncidentContext } from './context.js';
import { escalate } from './escalation.js';
import { awaitFeedback } from './feedback-window.js';
import { isFinished, isPublished, isResolved, newIncident, recordOf, type Incident } from './state.js';
import { investigate } from './investigation.js';
import { Publisher } from './publisher.js';
import { listen } from './steering.js';
import { deliverTransfers } from './transfer.js';

/** The input of a run: of the first one, or of one that continues another. */
type RunInput = DiagnoseInput & { carried?: Carried };

/** What a run knew that continued as this one: all of its state. */
interface Carried {
  incident: Incident;
  policy: Policy;
  /** When it is closed in any case, unix seconds. */
  deadline: number;
  waitSeconds: number;
}

/**
 * The message that starts a run may be the end of an alert that another incident is to give to this one: it is waited
 * for longer than a transfer is tried.
 */
const FIRST_ALERT_TIMEOUT = '2h';
/** An unchanged conclusion is investigated again after ever longer waits, up to this many times the first. */
const LONGEST_WAIT_FACTOR = 8;

/**
 * Diagnoses one incident and follows it to its end: investigate, publish, investigate again while it lasts and publish
 * what changed, call for attention while nobody acknowledges it, close when its alerts stay resolved, when the limit is
 * reached, when somebody cancels it or another incident gets its alerts; then wait for feedback. Answers its record
 * with an excerpt of the diagnosis.
 */
export async function diagnoseIncident(input: RunInput): Promise<IncidentRecord> {
  const { carried } = input;
  const { workflowId: id, runId } = workflowInfo();
  const { environment } = input;
  const context = new IncidentContext(
    carried?.incident ?? newIncident({ id, runId, environment, at: now() }),
  );
  listen(context);
  await firstAlert(context);

  const { service, severity, timings } = context.incident.head;
  const policy = carried?.policy ?? (await readPolicy({ environment, service, severity }));
  context.apply({ kind: 'configured', version: policy.productVersion, links: linksOf(policy) });
  const following: Following = {
    ...{ context, policy, input, publisher: new Publisher(context) },
    deadline: carried?.deadline ?? timings.openedAt + policy.maxDurationSeconds,
    waitSeconds: carried?.waitSeconds ?? policy.reevaluateSeconds,
  };
  void CancellationScope.nonCancellable(() => following.publisher.publishNotices());
  void CancellationScope.nonCancellable(() => deliverTransfers(context));
  void CancellationScope.nonCancellable(() => confirmTransfers(context, input.triageId));

  do {
    if (!isFinished(context.incident)) {
      const ending = await untilOver(following);
      // Also after a cancellation the final report goes out.
      await CancellationScope.nonCancellable(() => close(following, ending));
    }
  } while (await opensAgain(following));
  return withinBudget(recordOf(context.incident));
}

/** What the parts of an incident's life share. */
interface Following {
  context: IncidentContext;
  policy: Policy;
  publisher: Publisher;
  input: RunInput;
  deadline: number;
  /** Until the next investigation, when nothing happens before. */
  waitSeconds: number;
}

async function firstAlert(context: IncidentContext): Promise<void> {
  const hasCome = await condition(
    () => context.incident.alerts.listed.length > 0 || context.incident.endingAs !== null,
    FIRST_ALERT_TIMEOUT,
  );
  if (!hasCome) throw ApplicationFailure.nonRetryable('no alert came to this incident', 'NoAlerts');
}

/** Follows the incident and calls for attention meanwhile; answers how it ended. */
async function untilOver(following: Following): Promise<IncidentState> {
  const { context, policy, publisher } = following;
  const scope = new CancellationScope();
  context.interrupt = () => scope.cancel();
  const calling = new CancellationScope();
  calling
    .run(() => escalate(context, policy, publisher))
    .catch((error: unknown) => {
      if (!isCancellation(error)) note(context, `No more reminders: ${failureReason(error)}`);
    });
  try {
    return await scope.run(() => follow(following));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const { endingAs } = context.incident;
    if (endingAs === null) note(context, 'Cancelled in Temporal', 'temporal');
    return endingAs ?? 'cancelled';
  } finally {
    calling.cancel();
  }
}

/** Investigates, publishes and waits until the incident is over; answers how it ended. */
async function follow(following: Following): Promise<IncidentState> {
  const { context, policy } = following;
  const { head, endingAs } = context.incident;
  if (head.revision === 0 && endingAs === null) await investigateAndPublish(following);

  for (;;) {
    await continueWhenLong(following);
    if (context.incident.endingAs !== null) return context.incident.endingAs;
    if (isResolved(context.incident)) {
      if (await staysResolved(context, policy.resolveGraceSeconds)) return 'resolved';
    } else {
      await untilDue(following);
      if (isResolved(context.incident) && !context.incident.isRerunWanted) continue;
      if (now() >= following.deadline) return 'expired';
    }
    context.waitsFor(null);

    const { isRerunWanted } = context.incident;
    const hadNews = await investigateAndPublish(following);
    following.waitSeconds =
      hadNews || isRerunWanted
        ? policy.reevaluateSeconds
        : Math.min(following.waitSeconds * 2, policy.reevaluateSeconds * LONGEST_WAIT_FACTOR);
  }
}

/** Waits for the incident to close; false when an alert fires again or a person wants another investigation. */
async function staysResolved(context: IncidentContext, graceSeconds: number): Promise<boolean> {
  context.waitsFor(
    `All alerts are resolved: closes at ${clock(now() + graceSeconds)} unless one fires again`,
  );
  const isInterrupted = await condition(
    () => context.incident.isRerunWanted || !isResolved(context.incident),
    graceSeconds * 1000,
    { summary: `Close unless an alert fires again within ${graceSeconds} s` },
  );
  return !isInterrupted;
}

/** Waits until the next investigation is due, or something happens before. */
async function untilDue({ context, waitSeconds, deadline }: Following): Promise<void> {
  const seconds = Math.max(Math.min(waitSeconds, deadline - now()), 1);
  context.waitsFor(`Investigates again at ${clock(now() + seconds)} unless something happens before`);
  await condition(
    () => {
      const { hasFreshAlerts, isRerunWanted } = context.incident;
      return hasFreshAlerts || isRerunWanted || isResolved(context.incident);
    },
    seconds * 1000,
    { summary: `Investigate again in ${Math.round(seconds)} s unless something happens before` },
  );
}

/** Whether the investigation came to another conclusion than the one that was published last. */
async function investigateAndPublish({ context, policy, publisher }: Following): Promise<boolean> {
  context.apply({ kind: 'investigation-started' });
  const { head, alerts } = context.incident;
  const { environment, timings } = head;
  const anomalies = alertsToInvestigate(alerts.listed, { openedAt: timings.openedAt, now: now() });
  const findings = await investigate({ environment, anomalies, now: now() }, policy, (step) =>
    context.apply({ kind: 'step', step }),
  );
  context.apply({ kind: 'investigated', findings, at: now() });
  if (!publisher.hasNews()) return false;
  await publisher.publish(isPublished(context.incident) ? 'update' : 'first-result');
  return true;
}

async function close({ context, publisher, input }: Following, ending: IncidentState): Promise<void> {
  context.waitsFor(null);
  context.apply({ kind: 'closed', as: ending, at: now() });
  await publisher.publish('final');
  await publisher.settled();
  await sendToTriage(input.triageId, context.incident, { kind: 'closed' });
}

/** Waits for feedback; whether an alert reached the incident meanwhile, which opens it again. */
async function opensAgain(following: Following): Promise<boolean> {
  const { context, policy, publisher, input } = following;
  try {
    const isMerged = context.incident.head.state === 'merged';
    await awaitFeedback(context, isMerged ? 0 : policy.feedbackWindowSeconds);
    // What was said or handed over at the last moment is published and delivered, too.
    await condition(() => allHandlersFinished() && context.incident.transfers.length === 0);
    await publisher.settled();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return false;
  }
  if (!context.incident.hasFreshAlerts) return false;
  context.apply({ kind: 'reopened', at: now() });
  following.deadline = Math.max(following.deadline, now() + policy.maxDurationSeconds);
  const firing = firingOf(context.incident);
  await sendToTriage(input.triageId, context.incident, { kind: 'reopened', firing });
  return true;
}

/** A run whose history is long goes on as another, when nothing is under way; all of its state goes along. */
async function continueWhenLong(following: Following): Promise<void> {
  const { context, policy, publisher, input, deadline, waitSeconds } = following;
  const { incident } = context;
  const mayEnd = publisher.isIdle() && incident.transfers.length === 0 && allHandlersFinished();
  if (!workflowInfo().continueAsNewSuggested || !mayEnd) return;
  await continueAsNew<typeof diagnoseIncident>({
    ...input,
    carried: { incident, policy, deadline, waitSeconds },
  });
}

/** Triage may be gone, ended by hand; then nobody waits for the message, and the incident goes on all the same. */
async function sendToTriage(
  triageId: string,
  { head }: Incident,
  body: TriageMessage['body'],
  about = `revision ${head.revision}`,
): Promise<void> {
  const message = { id: `${head.id}/${head.runId}/${body.kind} ${about}`, incident: head.id, body };
  try {
    await getExternalWorkflowHandle(triageId).signal(triageMessages, [message]);
  } catch (error) {
    log.info('triage did not get a message of the incident', { triageId, error: String(error) });
  }
}

/** Lets triage know that alerts which another incident gave away are here. Never ends. */
async function confirmTransfers(context: IncidentContext, triageId: string): Promise<void> {
  for (;;) {
    await condition(() => context.incident.unconfirmedTransfers.length > 0);
    const { unconfirmedTransfers } = context.incident;
    const body = { kind: 'reopened' as const, firing: firingOf(context.incident) };
    await sendToTriage(triageId, context.incident, body, unconfirmedTransfers.join(' '));
    for (const message of unconfirmedTransfers) context.apply({ kind: 'transfer-confirmed', message });
  }
}

/** The listed alerts that fire, without what only people read. */
function firingOf({ alerts }: Incident): Anomaly[] {
  return alerts.listed.filter(({ status }) => status === 'firing').map(textless);
}

function linksOf(policy: Policy): IncidentRecord['links'] {
  const run = runUrl(policy);
  return [...(run === null ? [] : [{ title: 'Temporal run', url: run }]), ...policy.metricsPages];
}

function note(context: IncidentContext, what: string, by = 'faultline'): void {
  context.apply({ kind: 'noted', what, by, at: now() });
}
