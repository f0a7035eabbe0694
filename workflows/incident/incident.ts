import type { Anomaly } from '../../model/anomaly.js';
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
import * as alerts from './alerts.js';
import { withEntry, type Timeline } from './timeline.js';
import { itemTo, transferItems, type Transfer } from './transfer-messages.js';

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
  | { kind: 'delivered'; transfer: string; ids: string[]; at: number }
  | { kind: 'transfer-failed'; transfer: string; why: string; at: number }
  | { kind: 'transfer-confirmed'; message: string }
  | { kind: 'closed'; as: IncidentState; at: number }
  | { kind: 'reopened'; at: number }
  | { kind: 'noted'; what: string; by: string; at: number };

/** The parts of the record that are not kept elsewhere in the state. */
type RecordHead = Omit<IncidentRecord, 'anomalies' | 'unlisted' | 'timeline'>;

/**
 * Everything that is known of one incident while its workflow runs, as plain data: it is carried over whole when the
 * workflow continues as new, so that nothing is lost there.
 */
export interface Incident {
  head: RecordHead;
  alerts: alerts.AlertList;
  timeline: Timeline;
  /** Steps of the present investigation, or of the last one. */
  steps: ProgressStep[];
  /** Alerts came after the present investigation began that are worth another. */
  hasFreshAlerts: boolean;
  /** A person wants another investigation. */
  isRerunWanted: boolean;
  /** How it is to end although its alerts fire; null while nobody wants that. */
  endingAs: IncidentState | null;
  /** What people did that no sink knows of yet. */
  pendingNotices: RevisionReason[];
  /** Alerts that are to be given to other incidents. */
  transfers: Transfer[];
  /** Messages with transferred alerts of which triage does not know yet that they are here. */
  unconfirmedTransfers: string[];
  /** The incident that got all alerts of this one, and gets what still comes. */
  mergedInto: string | null;
  /** Ids of the latest messages: each is taken once. */
  knownMessages: string[];
  /** The latest revision that the store has; 0 before the first. */
  savedRevision: number;
  /** Digest of the conclusion in it. */
  savedDigest: string | null;
  /** Steps of the last investigation that gave nothing. */
  failedSteps: string[];
  /** Reminders that went out, and when the last did; before the first, when the incident was opened. */
  reminders: { sent: number; lastAt: number };
}

/** Ids of messages that are still known: more than can be underway at once. */
const MOST_KNOWN_MESSAGES = 2_000;
/** A sink's latest publication is never forgotten; of the others so many are kept. */
const MOST_PUBLICATIONS = 60;
/** Gaps that a record lists; of more a reader learns nothing. */
const MOST_GAPS = 50;

const FINISHED: readonly IncidentState[] = ['resolved', 'expired', 'cancelled', 'merged'];

/** An incident before its first alert, opened `at` (unix seconds). */
export function newIncident(run: { id: string; runId: string; environment: string; at: number }): Incident {
  return {
    head: {
      schemaVersion: '1',
      id: run.id,
      runId: run.runId,
      revision: 0,
      revisionReason: 'first-result',
      environment: run.environment,
      service: 'unknown',
      severity: 'info',
      state: 'investigating',
      scope: null,
      diagnosis: null,
      documents: [],
      changes: [],
      checks: [],
      gaps: [],
      evidence: [],
      acknowledged: null,
      escalatedAt: null,
      feedback: null,
      publications: [],
      timings: { openedAt: run.at, firstResultAt: null, closedAt: null },
      links: [],
      product: { version: 'unknown' },
    },
    alerts: alerts.NO_ALERTS,
    timeline: { entries: [], leftOut: null },
    steps: [],
    hasFreshAlerts: false,
    isRerunWanted: false,
    endingAs: null,
    pendingNotices: [],
    transfers: [],
    unconfirmedTransfers: [],
    mergedInto: null,
    knownMessages: [],
    savedRevision: 0,
    savedDigest: null,
    failedSteps: [],
    reminders: { sent: 0, lastAt: run.at },
  };
}

/** The record as it stands. Of the diagnosis it has an excerpt; `documents` says where the whole is. */
export function recordOf({ head, alerts, timeline }: Incident): IncidentRecord {
  return { ...head, anomalies: alerts.listed, unlisted: alerts.unlisted, timeline: timeline.entries };
}

export function isFinished({ head }: Incident): boolean {
  return FINISHED.includes(head.state);
}

/** No alert of this incident fires any more. */
export function isResolved(incident: Incident): boolean {
  return alerts.areResolved(incident.alerts);
}

/** A first summary is saved, for the sinks to send. */
export function isPublished({ savedRevision }: Incident): boolean {
  return savedRevision > 0;
}

/** Somebody has acknowledged the incident, or said whether the diagnosis is right. */
export function isAttended({ head }: Incident): boolean {
  return head.acknowledged !== null || head.feedback !== null;
}

/**
 * What a reader would want to know of when it changes, from stable facts alone: the size of the blast radius counts
 * when it doubles, and what cannot be seen when a whole step gives nothing. How a gap is worded, and how many queries
 * of a step failed, differs from one investigation to the next and is no news.
 */
export function digestOf({ head, failedSteps }: Incident): string {
  const { verdict, blastRadius = [] } = head.diagnosis ?? {};
  return JSON.stringify([
    verdict?.level,
    verdict?.service,
    verdict?.faultKind,
    verdict?.changeId,
    Math.floor(Math.log2(blastRadius.length + 1)),
    head.severity,
    failedSteps.toSorted(),
  ]);
}

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

function withHead(incident: Incident, changes: Partial<RecordHead>): Incident {
  return { ...incident, head: { ...incident.head, ...changes } };
}

function noted(incident: Incident, time: number, what: string, source = 'faultline'): Incident {
  return { ...incident, timeline: withEntry(incident.timeline, { time, what, source }) };
}

function received(incident: Incident, message: IncidentMessage, at: number): Incident {
  const { id, body } = message;
  if (incident.knownMessages.includes(id)) return incident;
  const next = { ...incident, knownMessages: [...incident.knownMessages, id].slice(-MOST_KNOWN_MESSAGES) };
  switch (body.kind) {
    case 'firing':
      return forwarded(withFiring(next, body.anomalies), message);
    case 'resolved':
      return forwarded(withResolved(next, body.anomalies, at), message);
    case 'transferred': {
      const joined = `moved from ${body.from} by ${body.by}`;
      const taken = withFiring(
        next,
        body.anomalies.map((anomaly) => ({ ...anomaly, joined })),
      );
      const book = new alerts.AlertBook(taken.alerts);
      book.takeCounted(body.counted);
      const all = { ...taken, alerts: book.list() };
      // An ended incident opens again with any alert that fires.
      const isFresh = all.hasFreshAlerts || (isFinished(all) && !isResolved(all));
      // Of one that opens again triage hears then.
      const isOpen = !isFinished(all) && all.mergedInto === null;
      const unconfirmedTransfers = [...all.unconfirmedTransfers, ...(isOpen ? [id] : [])];
      return forwarded({ ...all, hasFreshAlerts: isFresh, unconfirmedTransfers }, message);
    }
    case 'transfer':
      return withTransfer(next, { id, ...body }, at);
  }
}

function withFiring(incident: Incident, anomalies: Anomaly[]): Incident {
  const book = new alerts.AlertBook(incident.alerts);
  let next = incident;
  let isFirst = incident.alerts.listed.length === 0;
  for (const anomaly of anomalies) {
    const taken = book.take(anomaly);
    if (taken === 'known') continue;
    next = withHead(next, {
      severity: alerts.worse(anomaly.severity, next.head.severity),
      ...(isFirst && { service: anomaly.service }),
    });
    isFirst = false;
    // An ended incident opens again with any alert; an open one is investigated again for those that it can list.
    const counts = taken === 'listed' || isFinished(next);
    if (counts && anomaly.status === 'firing') next = { ...next, hasFreshAlerts: true };
    if (taken !== 'listed') continue;
    const why = anomaly.joined === undefined ? '' : `; joined: ${anomaly.joined}`;
    const what = `${anomaly.title} (${anomaly.service}, ${anomaly.severity})${why}`;
    next = noted(next, anomaly.startedAt, what, anomaly.source);
  }
  return { ...next, alerts: book.list() };
}

function withResolved(incident: Incident, anomalies: Anomaly[], at: number): Incident {
  const book = new alerts.AlertBook(incident.alerts);
  let next = incident;
  for (const over of anomalies) {
    const endedAt = over.endedAt ?? at;
    const ended = book.resolve(over, endedAt);
    if (ended) next = noted(next, endedAt, `Resolved: ${ended.title}`, ended.source);
  }
  return { ...next, alerts: book.list() };
}

/** Queues what another incident is to have. */
function withTransfer(
  incident: Incident,
  order: Pick<Transfer, 'id' | 'to' | 'service' | 'by'>,
  at: number,
): Incident {
  const { id, to, service, by } = order;
  const items = transferItems(incident.head, order, alerts.alertsOf(incident.alerts, service));
  if (items.length === 0 && service !== null) {
    return noted(incident, at, `No alert of ${service} to give to ${to}, as ${by} asked`, by);
  }
  return { ...incident, transfers: [...incident.transfers, { id, to, service, by, items }] };
}

/** Sends a message on to those who get, or have got, the alerts that it is about. */
function forwarded(incident: Incident, message: IncidentMessage): Incident {
  const { mergedInto, head } = incident;
  if (mergedInto !== null) {
    const { id } = message;
    const items = [itemTo(mergedInto, head.environment, message)];
    const transfer = { id, to: mergedInto, service: null, by: 'faultline', items };
    return { ...incident, transfers: [...incident.transfers, transfer], hasFreshAlerts: false };
  }
  const transfers = incident.transfers.map((transfer) => {
    const part = partOf(message, transfer);
    return part
      ? { ...transfer, items: [...transfer.items, itemTo(transfer.to, head.environment, part)] }
      : transfer;
  });
  return { ...incident, transfers };
}

/** What of a message is about the alerts of a transfer; null when nothing is. */
function partOf({ id, body }: IncidentMessage, { to, service }: Transfer): IncidentMessage | null {
  if (body.kind === 'transfer') return null;
  const anomalies = body.anomalies.filter((anomaly) => service === null || anomaly.service === service);
  const isAbout = anomalies.length > 0 || (body.kind === 'transferred' && service === null);
  return isAbout ? { id: `${id} to ${to}`, body: { ...body, anomalies } } : null;
}

function transferred(
  incident: Incident,
  event: Extract<IncidentEvent, { kind: 'delivered' | 'transfer-failed' }>,
): Incident {
  const transfer = incident.transfers.find(({ id }) => id === event.transfer);
  if (!transfer) return incident;
  const { id, to, service, by } = transfer;
  const others = incident.transfers.filter((one) => one.id !== id);
  if (event.kind === 'transfer-failed') {
    const what = `The alerts${service === null ? '' : ` of ${service}`} could not be given to ${to}: ${event.why}`;
    return noted({ ...incident, transfers: others }, event.at, what);
  }
  const items = transfer.items.filter(({ message }) => !event.ids.includes(message.id));
  if (items.length > 0) {
    const transfers = incident.transfers.map((one) => (one.id === id ? { ...one, items } : one));
    return { ...incident, transfers };
  }
  return given({ ...incident, transfers: others }, { to, service, by }, event.at);
}

/** What is left when alerts are given away. An incident that ends keeps them: its report says of what it was. */
function given(
  incident: Incident,
  { to, service, by }: Omit<Transfer, 'id' | 'items'>,
  at: number,
): Incident {
  if (incident.mergedInto !== null) return incident;
  const rest = service === null ? alerts.NO_ALERTS : alerts.withoutService(incident.alerts, service);
  const isAll = rest.listed.length === 0 && rest.unlisted.firing === 0;
  if (!isAll) return noted({ ...incident, alerts: rest }, at, `${service} given to ${to} by ${by}`, by);
  const merged = noted({ ...incident, mergedInto: to }, at, `Merged into ${to} by ${by}`, by);
  return isFinished(merged) ? merged : { ...merged, endingAs: 'merged' };
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
      const what = `Feedback: the diagnosis is ${feedback.correct ? 'right' : 'wrong'}${cause && `: ${cause}`}`;
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
  return (['correct', 'service', 'faultKind', 'note', 'by'] as const).every(
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
