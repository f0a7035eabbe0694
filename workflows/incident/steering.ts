import { ApplicationFailure } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import { FEEDBACK_GRADES } from '../../model/choices.js';
import * as messages from '../../model/messages.js';
import type {
  Acknowledgement,
  Cancellation,
  FeedbackGiven,
  IncidentStatus,
  RerunRequest,
} from '../../model/progress.js';
import { headlineOf } from '../../report/details.js';
import { now } from '../time.js';
import { withinBudget } from './budget.js';
import type { IncidentContext } from './context.js';
import type { IncidentEvent } from './incident.js';
import { isFinished, isPublished, recordOf } from './state.js';

/** Characters of a name that a person gives, and of a text. */
const LONGEST_NAME = 200;
const LONGEST_TEXT = 2_000;

/**
 * Takes messages, updates and queries of an incident. Each becomes an event at once; what follows from it is the
 * workflow's. An update that cannot be taken is refused by its validator, which leaves no event in the history.
 */
export function listen(context: IncidentContext): void {
  const isAlive = (): void => {
    const { head } = context.incident;
    demand(!isFinished(context.incident), `the incident is ${head.state} already`);
  };
  const taken = (event: IncidentEvent): IncidentStatus => {
    context.apply(event);
    const { id, state } = context.incident.head;
    return { id, state };
  };

  setHandler(messages.incidentMessages, (batch) => {
    for (const message of batch) context.apply({ kind: 'message', message, at: now() });
  });

  setHandler(messages.acknowledge, ({ by }) => taken({ kind: 'acknowledged', by, at: now() }), {
    validator: ({ by }: Acknowledgement) => {
      demandPerson(by);
      isAlive();
    },
  });
  setHandler(messages.giveFeedback, (feedback) => taken({ kind: 'feedback', feedback, at: now() }), {
    validator: ({ by, grade, service, faultKind, note }: FeedbackGiven) => {
      demandPerson(by);
      demandText('note', note, LONGEST_TEXT);
      demandText('service', service ?? '', LONGEST_NAME);
      demand(FEEDBACK_GRADES.includes(grade), `grade: expected ${FEEDBACK_GRADES.join(', ')}`);
      demand(context.incident.head.diagnosis !== null, 'there is no diagnosis to judge yet');
      demand(
        grade !== 'right' || (service === null && faultKind === null),
        'service and faultKind: expected none when the diagnosis is right, they correct a wrong one',
      );
    },
  });
  setHandler(messages.rerun, ({ by }) => taken({ kind: 'rerun-requested', by, at: now() }), {
    validator: ({ by }: RerunRequest) => {
      demandPerson(by);
      isAlive();
    },
  });
  setHandler(
    messages.cancel,
    ({ by, reason }) => taken({ kind: 'cancel-requested', by, reason, at: now() }),
    {
      validator: ({ by, reason }: Cancellation) => {
        demandPerson(by);
        demandText('reason', reason, LONGEST_TEXT);
        isAlive();
      },
    },
  );

  setHandler(messages.progress, () => {
    const { head, steps } = context.incident;
    return {
      state: head.state,
      headline: headlineOf(recordOf(context.incident)),
      isPublished: isPublished(context.incident),
      steps,
    };
  });
  setHandler(messages.record, () => withinBudget(recordOf(context.incident)));
}

function demandPerson(by: string): void {
  demand(by.trim() !== '', 'by: expected the name of a person, got none');
  demandText('by', by, LONGEST_NAME);
}

function demandText(field: string, text: string, longest: number): void {
  demand(text.length <= longest, `${field}: expected at most ${longest} characters, got ${text.length}`);
}

/** Any other error in a handler would fail the workflow task again and again. */
function demand(holds: boolean, message: string): void {
  if (!holds) throw ApplicationFailure.nonRetryable(message, 'BadRequest');
}
