import { GRADE_WORDS } from '../../model/choices.js';
import type { IncidentMessage } from '../../model/delivery.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Gap } from '../../model/gap.js';
import type {
  Feedback,
  IncidentRecord,
  IncidentState,
  Publication,
  RevisionReason,
} from '../../model/incident.js';
import type { ProgressStep } from '../../model/progress.js';
import { minutes } from '../time.js';
import { received, transferred, type DeliveryEvent } from './alert-events.js';
import { noted, withHead, type Incident } from './state.js';

/** What one investigation found: its parts belong together and replace what the investigation before found. */
export interface Findings {
  /** What could not be seen. */
  gaps: Gap[];
  /** Steps that gave nothing at all, by stable names. */
  failedSteps: string[];
  /** Null when there was nothing to analyse. `diagnosis` is null when the analysis failed. */
  result:
    | (Pick<IncidentRecord, 'documents' | 'evidence' | 'changes' | 'checks'> & {
        diagnosis: Diagnosis | null;
      })
    | null;
}

/** What happens to an incident. `at` is workflow time in unix seconds. */
export type IncidentEvent =
  | { kind: 'message'; message: IncidentMessage; at: number }
  | { kind: 'configured'; version: string; links: IncidentRecord['links'] }
  | { kind: 'acknowledged'; by: string; at: number }
  | { kind: 'feedback'; feedback: Omit<Feedback, 'at'>; at: number }
  | { kind: 'rerun-requested'; by: string; at: number }
  | { kind: 'cancel-requested'; by: string; reason: string; at: number }
  | { kind: 'investigation-started' }
  | { kind: 'step'; step: ProgressStep }
  | { kind: 'investigated'; findings: Findings; at: number }
  | { kind: 'revision-started'; reason: RevisionReason }
  | { kind: 'revision-saved'; revision: number; digest: string; links: IncidentRecord['links'] }
  | { kind: 'published'; publication: Publication }
  | { kind: 'notice-handled' }
  | { kind: 'reminded'; at: number }
  | { kind: 'escalated'; at: number }
  | DeliveryEvent
  | { kind: 'transfer-confirmed'; message: string }
  | { kind: 'closed'; as: IncidentState; at: number }
  | { kind: 'reopened'; at: number }
  | { kind: 'noted'; what: string; by: string; at: number };

/** A sink's latest publication is never forgotten; of the others so many are kept. */
const MOST_PUBLICATIONS = 60;
/** Gaps that a record lists; of more a reader learns nothing. */
const MOST_GAPS = 50;

/** The incident after an event. Pure: no clock, no Temporal. */
export function reduce(incident: Incident, event: IncidentEvent): Incident {
  switch (event.kind) {
    case 'message':
      return received(incident, event.message, event.at);
    case 'acknowledged':
    case 'feedback':
    case 'rerun-requested':
    case 'cancel-requested':
      return steered(incident, event);
    case 'investigation-started':
      return { ...incident, hasFreshAlerts: false, isRerunWanted: false, steps: [] };
    case 'step':
      return { ...incident, steps: withStep(incident.steps, event.step) };
    case 'investigated':
      return investigated(incident, event.findings, event.at);
    case 'configured':
    case 'revision-started':
    case 'revision-saved':
    case 'published':
    case 'notice-handled':
      return told(incident, event);
    case 'reminded':
    case 'escalated':
      return called(incident, event);
    case 'delivered':
    case 'transfer-failed':
      return transferred(incident, event);
    case 'transfer-confirmed': {
      const unconfirmedTransfers = incident.unconfirmedTransfers.filter((id) => id !== event.message);
      return { ...incident, unconfirmedTransfers };
    }
    case 'closed': {
      const { timings } = incident.head;
      const closed = { state: event.as, timings: { ...timings, closedAt: event.at } };
      const next = { ...withHead(incident, closed), hasFreshAlerts: false, endingAs: null };
      return noted(next, event.at, `Incident ${event.as}`);
    }
    case 'reopened': {
      const { timings } = incident.head;
      const open = withHead(incident, { state: 'following', timings: { ...timings, closedAt: null } });
      return noted(open, event.at, 'Open again: an alert was on its way when it ended');
    }
    case 'noted':
      return noted(incident, event.at, event.what, event.by);
  }
}

type Steering = Extract<
  IncidentEvent,
  { kind: 'acknowledged' | 'feedback' | 'rerun-requested' | 'cancel-requested' }
>;

/** What people ask for. Said twice it is as if it were said once. */
function steered(incident: Incident, event: Steering): Incident {
  const { head, pendingNotices } = incident;
  switch (event.kind) {
    case 'acknowledged': {
      const { by, at } = event;
      if (head.acknowledged?.by === by) return incident;
      const next = withHead(incident, { acknowledged: { by, at } });
      return noted(
        { ...next, pendingNotices: [...pendingNotices, 'acknowledged'] },
        at,
        `Acknowledged by ${by}`,
        by,
      );
    }
    case 'feedback': {
      const { feedback, at } = event;
      if (head.feedback && isSame(head.feedback, feedback)) return incident;
      const next = withHead(incident, { feedback: { ...feedback, at } });
      const cause = [feedback.service, feedback.faultKind].filter((part) => part != null).join(', ');
      const what = `Feedback: the diagnosis is ${GRADE_WORDS[feedback.grade]}${cause && `: ${cause}`}`;
      return noted({ ...next, pendingNotices: [...pendingNotices, 'feedback'] }, at, what, feedback.by);
    }
    case 'rerun-requested':
      return noted(
        { ...incident, isRerunWanted: true },
        event.at,
        `${event.by} asked to investigate again`,
        event.by,
      );
    case 'cancel-requested': {
      const { by, reason, at } = event;
      const what = `Cancelled by ${by}${reason && `: ${reason}`}`;
      return noted({ ...incident, endingAs: 'cancelled' }, at, what, by);
    }
  }
}

function isSame(known: Feedback, given: Omit<Feedback, 'at'>): boolean {
  return (['grade', 'service', 'faultKind', 'note', 'by'] as const).every(
    (field) => known[field] === given[field],
  );
}

function withStep(steps: ProgressStep[], step: ProgressStep): ProgressStep[] {
  const index = steps.findIndex(({ name }) => name === step.name);
  return index < 0 ? [...steps, step] : steps.with(index, step);
}

/** A diagnosis is kept until another replaces it: a source that is down for a while does not take it away. */
function investigated(incident: Incident, findings: Findings, at: number): Incident {
  const { gaps, failedSteps, result } = findings;
  const { head } = incident;
  const replaces = result && (result.diagnosis || !head.diagnosis);
  const next = withHead(incident, {
    gaps: gaps.slice(0, MOST_GAPS),
    ...(head.state === 'investigating' && { state: 'following' }),
    ...(replaces && result),
    ...(result?.diagnosis && {
      timings: { ...head.timings, firstResultAt: head.timings.firstResultAt ?? at },
    }),
  });
  return { ...next, failedSteps };
}

type Telling = Extract<
  IncidentEvent,
  { kind: 'configured' | 'revision-started' | 'revision-saved' | 'published' | 'notice-handled' }
>;

function told(incident: Incident, event: Telling): Incident {
  const { head } = incident;
  switch (event.kind) {
    case 'configured':
      return withHead(incident, {
        product: { version: event.version },
        links: withLinks(head.links, event.links),
      });
    case 'revision-started':
      return withHead(incident, { revision: head.revision + 1, revisionReason: event.reason });
    case 'revision-saved': {
      const next = withHead(incident, { links: withLinks(head.links, event.links) });
      return { ...next, savedRevision: event.revision, savedDigest: event.digest };
    }
    case 'published':
      return withHead(incident, { publications: withPublication(head.publications, event.publication) });
    case 'notice-handled':
      return { ...incident, pendingNotices: incident.pendingNotices.slice(1) };
  }
}

function withLinks(links: IncidentRecord['links'], more: IncidentRecord['links']): IncidentRecord['links'] {
  return [...links.filter(({ title }) => !more.some((link) => link.title === title)), ...more];
}

function withPublication(publications: Publication[], one: Publication): Publication[] {
  const all = [...publications, one];
  if (all.length <= MOST_PUBLICATIONS) return all;
  const forgotten = all.findIndex(({ sink }, i) => all.slice(i + 1).some((later) => later.sink === sink));
  return forgotten < 0 ? all : all.toSpliced(forgotten, 1);
}

function called(
  incident: Incident,
  { kind, at }: Extract<IncidentEvent, { kind: 'reminded' | 'escalated' }>,
): Incident {
  if (kind === 'reminded') {
    const sent = incident.reminders.sent + 1;
    const what = `Reminder ${sent}: nobody has acknowledged it`;
    return noted({ ...incident, reminders: { sent, lastAt: at } }, at, what);
  }
  const open = minutes(at - incident.head.timings.openedAt);
  const next = withHead(incident, { escalatedAt: at });
  return noted(next, at, `Escalated: nobody has acknowledged it for ${open}`);
}
