import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';
import type { Anomaly } from '../model/anomaly.js';
import type { IncidentRecord, IncidentState } from '../model/incident.js';
import type { Acknowledgement, Cancellation, VerdictGiven } from '../model/progress.js';
import { readPolicy } from './activity-policies.js';
import { Incident, now, type IncidentSnapshot } from './incident.js';
import { look } from './look.js';
import * as messages from './messages.js';
import { Publisher } from './publisher.js';

export interface DiagnoseInput {
  /** The triage workflow that waits to hear when this incident ends; null when it was started by itself. */
  triageId: string | null;
  environment: string;
  anomalies: Anomaly[];
  /** What the previous run knew, when this one continues it. */
  carried?: { incident: IncidentSnapshot; policy: Policy; deadline: number };
}

/** An unchanged conclusion is looked at again after ever longer waits, up to this many times the first. */
const LONGEST_WAIT_FACTOR = 8;

/**
 * Diagnoses one incident and follows it to its end: look, publish, look again while it lasts and tell what changed,
 * close when its alerts have been quiet for a while, when the limit is reached or when somebody cancels it.
 * Answers the final record.
 */
export async function diagnoseIncident(input: DiagnoseInput): Promise<IncidentRecord> {
  const incident = new Incident(input.carried?.incident ?? input);
  const following = new CancellationScope();
  const steering = listen(incident, following);

  const { environment, service, severity, timings } = incident.record;
  const policy = input.carried?.policy ?? (await readPolicy({ environment, service, severity }));
  const deadline = input.carried?.deadline ?? timings.openedAt + policy.limitSeconds;
  const publisher = new Publisher(incident, policy);
  incident.open(policy);

  let ending: IncidentState;
  try {
    ending = await following.run(() => follow(incident, policy, publisher, deadline, input));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    ending = 'cancelled';
    if (!steering.cancelled()) incident.note(now(), 'Cancelled in Temporal', 'temporal');
  }

  // Also after a cancellation the final report goes out.
  await CancellationScope.nonCancellable(() => close(incident, publisher, ending, input.triageId));
  return incident.record;
}

/** Looks, publishes and waits until the incident is over; says how it ended. */
async function follow(
  incident: Incident,
  policy: Policy,
  publisher: Publisher,
  deadline: number,
  input: DiagnoseInput,
): Promise<IncidentState> {
  let waitSeconds = policy.lookAgainSeconds;
  if (!input.carried) await lookAndTell(incident, policy, publisher);

  for (;;) {
    incident.enter('following');
    if (incident.isQuiet()) {
      const firesAgain = await condition(() => !incident.isQuiet(), policy.quietSeconds * 1000, {
        summary: `Close unless an alert fires again within ${policy.quietSeconds} s`,
      });
      if (!firesAgain) return 'resolved';
    } else {
      const untilLook = Math.min(waitSeconds, deadline - now());
      await condition(() => incident.hasNews || incident.isQuiet(), Math.max(untilLook, 1) * 1000, {
        summary: `Look again in ${Math.round(untilLook)} s unless something happens before`,
      });
      if (incident.isQuiet()) continue;
      if (now() >= deadline) return 'expired';
    }

    const toldSomethingNew = await lookAndTell(incident, policy, publisher);
    waitSeconds = toldSomethingNew
      ? policy.lookAgainSeconds
      : Math.min(waitSeconds * 2, policy.lookAgainSeconds * LONGEST_WAIT_FACTOR);

    if (workflowInfo().continueAsNewSuggested) {
      await publisher.settled();
      await condition(allHandlersFinished);
      await continueAsNew<typeof diagnoseIncident>({
        ...input,
        carried: { incident: incident.snapshot(), policy, deadline },
      });
    }
  }
}

/** Whether the look led to another conclusion than the one that was told last. */
async function lookAndTell(incident: Incident, policy: Policy, publisher: Publisher): Promise<boolean> {
  await look(incident, policy);
  if (!publisher.hasNewsToTell()) return false;
  incident.enter('publishing');
  await publisher.publish();
  return true;
}

async function close(
  incident: Incident,
  publisher: Publisher,
  ending: IncidentState,
  triageId: string | null,
): Promise<void> {
  incident.record.timings.closedAt = now();
  incident.note(now(), `Incident ${ending}`, 'faultline');
  incident.enter(ending);
  await publisher.publish();
  await publisher.settled();
  if (triageId) await tellTriage(triageId);
  await condition(allHandlersFinished);
}

/** Triage may be gone, by hand; then there is nobody to tell, and the incident ends all the same. */
async function tellTriage(triageId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(triageId).signal(messages.incidentClosed, workflowInfo().workflowId);
  } catch (error) {
    log.info('triage could not be told that the incident has ended', { triageId, error: String(error) });
  }
}

/** Opens the incident's ears. `cancelled` tells whether somebody has asked Faultline to end it. */
function listen(incident: Incident, following: CancellationScope): { cancelled: () => boolean } {
  let isCancelled = false;

  setHandler(messages.anomalyAdded, (anomalies) => {
    incident.add(anomalies);
    incident.show();
  });
  setHandler(messages.anomalyResolved, (anomalies) => incident.resolve(anomalies));

  setHandler(
    messages.acknowledge,
    ({ by }) => {
      incident.acknowledge(by);
      return incident.record;
    },
    { validator: ({ by }: Acknowledgement) => demand(by.trim() !== '', 'by: expected who acknowledges') },
  );
  setHandler(
    messages.giveVerdict,
    (verdict) => {
      incident.judge(verdict);
      return incident.record;
    },
    {
      validator: (verdict: VerdictGiven) => {
        demand(verdict.by.trim() !== '', 'by: expected who gives the verdict');
        demand(incident.record.diagnosis !== null, 'there is no diagnosis to judge yet');
        demand(
          !verdict.correct || (verdict.service === null && verdict.faultKind === null),
          'service and faultKind: expected none with a verdict of right, they correct a wrong one',
        );
      },
    },
  );
  setHandler(
    messages.cancel,
    ({ by, reason }) => {
      isCancelled = true;
      incident.note(now(), `Cancelled by ${by}${reason && `: ${reason}`}`, by);
      following.cancel();
      return incident.record;
    },
    {
      validator: ({ by }: Cancellation) => {
        demand(by.trim() !== '', 'by: expected who cancels');
        demand(!incident.isFinished(), `the incident is ${incident.record.state} already`);
      },
    },
  );

  setHandler(messages.progress, () => incident.progress);
  setHandler(messages.diagnosis, () => incident.record.diagnosis);
  setHandler(messages.record, () => incident.record);
  return { cancelled: () => isCancelled };
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw ApplicationFailure.nonRetryable(message, 'BadRequest');
}
