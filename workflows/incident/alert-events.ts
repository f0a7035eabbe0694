import type { Anomaly } from '../../model/anomaly.js';
import type { IncidentMessage } from '../../model/delivery.js';
import * as alerts from './alerts.js';
import { isFinished, isResolved, noted, withHead, type Incident } from './state.js';
import { itemTo, transferItems, type Transfer } from './transfer-messages.js';

/** Ids of messages that are still known: more than can be underway at once. */
const MOST_KNOWN_MESSAGES = 2_000;
/** The outcome of a delivery. `at` is workflow time in unix seconds. */
export type DeliveryEvent =
  | { kind: 'delivered'; transfer: string; ids: string[]; at: number }
  | { kind: 'transfer-failed'; transfer: string; why: string; at: number };

/** The incident after a message: its alerts, and what of them it gives away. */
export function received(incident: Incident, message: IncidentMessage, at: number): Incident {
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

/** The incident after a part of a transfer was delivered, or could not be. */
export function transferred(incident: Incident, event: DeliveryEvent): Incident {
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
