import { ApplicationFailure, type SignalDefinition } from '@temporalio/common';
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
import type { Acknowledgement, Cancellation, RerunRequest, FeedbackGiven } from '../model/progress.js';
import { readPolicy } from './activity-policies.js';
import { callForSomebody } from './call-for-somebody.js';
import { handOver } from './hand-over.js';
import { Incident, now, type IncidentSnapshot } from './incident.js';
import { look } from './look.js';
import * as messages from '../model/messages.js';
import { Publisher } from './publisher.js';
import { reasonOf } from './reasons.js';
import { awaitFeedback } from './feedback-window.js';
import { clock } from './words.js';

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
 * call for somebody while nobody acknowledges it, close when its alerts have been quiet for a while, when the limit
 * is reached or when somebody cancels it; then wait for a verdict. Answers the final record.
 */
export async function diagnoseIncident(input: DiagnoseInput): Promise<IncidentRecord> {
  const incident = new Incident(input.carried?.incident ?? input);
  const steering = listen(incident);

  const { environment, service, severity, timings } = incident.record;
  const policy = input.carried?.policy ?? (await readPolicy({ environment, service, severity }));
  const publisher = new Publisher(incident, policy);
  const story: Story = { incident, policy, publisher, steering, input, deadline: 0 };
  story.deadline = input.carried?.deadline ?? timings.openedAt + policy.maxDurationSeconds;
  incident.open(policy);
  void CancellationScope.nonCancellable(() => publisher.relay());

  let ending = await untilOver(story);
  // Also after a cancellation the final report goes out.
  await CancellationScope.nonCancellable(() => close(story, ending));
  while (await beginsAgain(story)) {
    ending = await untilOver(story);
    await CancellationScope.nonCancellable(() => close(story, ending));
  }
  return incident.record;
}

/** What the chapters of an incident share. */
interface Story {
  incident: Incident;
  policy: Policy;
  publisher: Publisher;
  steering: Steering;
  input: DiagnoseInput;
  /** When it is closed in any case, unix seconds. */
  deadline: number;
}

/** Follows the incident and calls for somebody meanwhile; says how it ended. */
async function untilOver(story: Story): Promise<IncidentState> {
  const { incident, policy, publisher, steering } = story;
  const calling = new CancellationScope();
  const calls = calling.run(() => callForSomebody(incident, policy, publisher));
  calls.catch((error: unknown) => {
    if (!isCancellation(error)) incident.note(now(), `No more reminders: ${reasonOf(error)}`, 'faultline');
  });
  try {
    return await steering.following.run(() => follow(story));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    if (!steering.isCancelled) incident.note(now(), 'Cancelled in Temporal', 'temporal');
    return 'cancelled';
  } finally {
    calling.cancel();
  }
}

/** Looks, publishes and waits until the incident is over; says how it ended. */
async function follow(story: Story): Promise<IncidentState> {
  const { incident, policy, publisher, input } = story;
  let waitSeconds = policy.reevaluateSeconds;
  const mayStopWaiting = () => incident.hasNews || incident.isRerunWanted || incident.isQuiet();
  if (!incident.wasTold()) await lookAndTell(story);

  for (;;) {
    incident.enter('following');
    if (incident.isQuiet()) {
      incident.awaits(
        `All alerts are quiet: closes at ${clock(now() + policy.resolveGraceSeconds)} unless one fires again`,
      );
      const interrupted = await condition(
        () => incident.isRerunWanted || !incident.isQuiet(),
        policy.resolveGraceSeconds * 1000,
        { summary: `Close unless an alert fires again within ${policy.resolveGraceSeconds} s` },
      );
      if (!interrupted) return 'resolved';
    } else {
      const untilLook = Math.min(waitSeconds, story.deadline - now());
      incident.awaits(`Looks again at ${clock(now() + untilLook)} unless something happens before`);
      await condition(mayStopWaiting, Math.max(untilLook, 1) * 1000, {
        summary: `Look again in ${Math.round(untilLook)} s unless something happens before`,
      });
      if (incident.isQuiet() && !incident.isRerunWanted) continue;
      if (now() >= story.deadline) return 'expired';
    }
    incident.awaits(null);

    const { isRerunWanted } = incident;
    const toldSomethingNew = await lookAndTell(story);
    waitSeconds =
      toldSomethingNew || isRerunWanted
        ? policy.reevaluateSeconds
        : Math.min(waitSeconds * 2, policy.reevaluateSeconds * LONGEST_WAIT_FACTOR);

    const mayContinue = publisher.isIdle() && allHandlersFinished();
    if (workflowInfo().continueAsNewSuggested && mayContinue) {
      await continueAsNew<typeof diagnoseIncident>({
        ...input,
        carried: { incident: incident.snapshot(), policy, deadline: story.deadline },
      });
    }
  }
}

/** Whether the look led to another conclusion than the one that was told last. */
async function lookAndTell({ incident, policy, publisher }: Story): Promise<boolean> {
  await look(incident, policy);
  if (!publisher.hasNewsToTell()) return false;
  incident.enter('publishing');
  await publisher.publish(incident.wasTold() ? 'update' : 'first-result');
  return true;
}

async function close({ incident, publisher, input }: Story, ending: IncidentState): Promise<void> {
  incident.hasNews = false;
  incident.awaits(null);
  incident.record.timings.closedAt = now();
  incident.note(now(), `Incident ${ending}`, 'faultline');
  incident.enter(ending);
  await publisher.publish('final');
  await publisher.settled();
  if (input.triageId) await tellTriage(input.triageId, messages.incidentClosed, incident.record.id);
  await condition(allHandlersFinished);
}

/** Waits for a verdict; whether an alert reached the incident meanwhile, which opens it again. */
async function beginsAgain(story: Story): Promise<boolean> {
  const { incident, policy, publisher, steering, input } = story;
  try {
    if (!(await awaitFeedback(incident, policy, publisher))) return false;
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return false;
  }
  incident.reopen();
  steering.following = new CancellationScope();
  steering.isCancelled = false;
  story.deadline = Math.max(story.deadline, now() + policy.maxDurationSeconds);
  const { id } = incident.record;
  if (input.triageId) await tellTriage(input.triageId, messages.incidentReopened, id, incident.firing);
  return true;
}

/** Triage may be gone, by hand; then there is nobody to tell, and the incident ends all the same. */
async function tellTriage<News extends [string, ...unknown[]]>(
  triageId: string,
  signal: SignalDefinition<News>,
  ...news: News
): Promise<void> {
  try {
    await getExternalWorkflowHandle(triageId).signal(signal, ...news);
  } catch (error) {
    log.info('triage could not be told of the incident', { triageId, error: String(error) });
  }
}

/** How people end an incident. */
interface Steering {
  /** What they cut short. */
  following: CancellationScope;
  /** Whether somebody has asked Faultline to end it. */
  isCancelled: boolean;
}

/** Opens the incident's ears. */
function listen(incident: Incident): Steering {
  const steering: Steering = { following: new CancellationScope(), isCancelled: false };
  const demandOpen = () => demand(!incident.isFinished(), `the incident is ${incident.record.state} already`);

  setHandler(messages.anomalyAdded, (anomalies) => {
    incident.add(anomalies);
    incident.show();
  });
  setHandler(messages.anomalyResolved, (anomalies) => incident.resolve(anomalies));
  setHandler(messages.anomaliesMoved, async (order) => {
    if ((await handOver(incident, order)) !== 'nothing-left') return;
    steering.isCancelled = true;
    steering.following.cancel();
  });

  setHandler(
    messages.acknowledge,
    ({ by }) => {
      incident.acknowledge(by);
      return incident.record;
    },
    {
      validator: ({ by }: Acknowledgement) => {
        demand(by.trim() !== '', 'by: expected who acknowledges');
        demandOpen();
      },
    },
  );
  setHandler(
    messages.giveFeedback,
    (verdict) => {
      incident.judge(verdict);
      return incident.record;
    },
    {
      validator: (verdict: FeedbackGiven) => {
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
    messages.rerun,
    ({ by }) => {
      incident.requestRerun(by);
      return incident.record;
    },
    {
      validator: ({ by }: RerunRequest) => {
        demand(by.trim() !== '', 'by: expected who asks for another look');
        demandOpen();
      },
    },
  );
  setHandler(
    messages.cancel,
    ({ by, reason }) => {
      steering.isCancelled = true;
      incident.note(now(), `Cancelled by ${by}${reason && `: ${reason}`}`, by);
      steering.following.cancel();
      return incident.record;
    },
    {
      validator: ({ by }: Cancellation) => {
        demand(by.trim() !== '', 'by: expected who cancels');
        demandOpen();
      },
    },
  );

  setHandler(messages.progress, () => incident.progress);
  setHandler(messages.diagnosis, () => incident.record.diagnosis);
  setHandler(messages.record, () => incident.record);
  return steering;
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw ApplicationFailure.nonRetryable(message, 'BadRequest');
}
