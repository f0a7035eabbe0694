import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import type { DeliveryResult, OutboxItem, TriageMessage } from '../../model/delivery.js';
import type { RaiseAnswer } from '../../model/progress.js';
import type { Merge, Moved, Split, TriagePolicy } from '../../model/triage.js';
import { episodeKey } from './dedup-index.js';
import type { Correlation } from './grouping.js';
import { REMEMBERED_MESSAGES } from './limits.js';
import { endMove, merge, split } from './moves.js';
import { attract, joinOpenIncidents, openIncidents, sendResolved } from './placement.js';
import { drop, saveTriage, type Triage } from './state.js';

/**
 * What happens to a triage. `reply` numbers an update whose handler waits for the answer. Anomalies come from outside,
 * so they are typed as unknown until they were looked at.
 */
export type Command =
  | { kind: 'raised'; anomalies: unknown; reply: number | null }
  | { kind: 'messages'; messages: readonly TriageMessage[] }
  | { kind: 'merge'; merge: Merge; reply: number }
  | { kind: 'split'; split: Split; reply: number }
  /** Place what open incidents attract. */
  | { kind: 'join'; policy: TriagePolicy }
  /** Place the rest as far as one round may: by what `correlate` said, or in new incidents. */
  | { kind: 'open'; policy: TriagePolicy; correlation: Correlation | null }
  /** What came of the delivery of `items`; those without a result are delivered again. */
  | { kind: 'delivered'; items: readonly OutboxItem[]; results: readonly DeliveryResult[] }
  /** Let what is carried to the next run fit so many bytes. */
  | { kind: 'shrink'; bytes: number };

/** The answer to an update. */
export interface Answer {
  reply: number;
  result: { ok: RaiseAnswer | Moved } | { refused: string };
}

/**
 * Lets a triage take one command at a time (unix seconds). Never waits and never throws: what cannot be done is an
 * answer. Takes over the state it is given and answers it as it is then; its outbox holds what is to be delivered.
 */
export function step(state: Triage, command: Command, at: number): { state: Triage; answers: Answer[] } {
  const answers: Answer[] = [];
  switch (command.kind) {
    case 'raised':
      takeRaised(state, command, at);
      break;
    case 'messages':
      for (const message of command.messages) takeMessage(state, message, at);
      break;
    case 'merge':
      answers.push(...merge(state, command.merge, command.reply, at));
      break;
    case 'split':
      answers.push(...split(state, command.split, command.reply, at));
      break;
    case 'join':
      joinOpenIncidents(state, command.policy, at);
      break;
    case 'open':
      openIncidents(state, command, at);
      break;
    case 'delivered':
      answers.push(...takeResults(state, command, at));
      break;
    case 'shrink':
      shrink(state, command.bytes, at);
      break;
  }
  answers.push(...answerTickets(state));
  return { state, answers };
}

function takeRaised(
  state: Triage,
  { anomalies, reply }: { anomalies: unknown; reply: number | null },
  at: number,
): void {
  const alerts: Anomaly[] = [];
  for (const raised of Array.isArray(anomalies) ? (anomalies as unknown[]) : [anomalies]) {
    state.counts.raised += 1;
    if (!isAnomaly(raised)) {
      const unnamed = { fingerprint: '', service: 'unknown' };
      drop(state, unnamed, 'malformed', { why: 'it is not an anomaly as Faultline defines it', at });
      continue;
    }
    const { startUnknown } = raised;
    const anomaly = startUnknown ? { ...raised, startedAt: state.dedup.startOf(raised) } : raised;
    alerts.push(anomaly);
    if (anomaly.status === 'firing') takeFiring(state, anomaly, reply !== null, at);
    else takeResolved(state, anomaly, at);
  }
  if (reply === null) return;
  const named = alerts.map((anomaly) => ({ fingerprint: anomaly.fingerprint, key: episodeKey(anomaly) }));
  state.tickets.push({ reply, alerts: named, opened: [] });
}

function takeFiring(state: Triage, anomaly: Anomaly, isUrgent: boolean, at: number): void {
  const { counts, dedup, waiting } = state;
  const key = episodeKey(anomaly);
  const queued = waiting.get(key);
  const known = dedup.get(key);
  if (queued) {
    // It ended and fires again before anything was told of it: then it simply fires.
    if (queued.resolved) waiting.setResolved(queued, null);
    counts.duplicates += 1;
  } else if (known && !known.isOver) {
    counts.duplicates += 1;
  } else if (known) {
    enqueue(state, { ...anomaly, recurrence: known.recurrence + 1 }, isUrgent, at);
  } else if (dedup.takeOrphanResolve(key)) {
    const why = 'it came after its own end; if it is sent again it counts as firing';
    drop(state, anomaly, 'resolved-before-seen', { why, at });
  } else {
    enqueue(state, anomaly, isUrgent, at);
  }
}

function enqueue(state: Triage, anomaly: Anomaly, isUrgent: boolean, at: number): void {
  if (state.waiting.add(anomaly, isUrgent)) return;
  const why = `${state.waiting.size} alerts wait already; it is taken when its source sends it again`;
  drop(state, anomaly, 'overflow', { why, at });
}

function takeResolved(state: Triage, anomaly: Anomaly, at: number): void {
  const { counts, dedup, open, waiting } = state;
  const key = episodeKey(anomaly);
  const queued = waiting.get(key);
  const known = dedup.get(key);
  if (queued && !queued.resolved) {
    waiting.setResolved(queued, anomaly);
    counts.resolved += 1;
  } else if (queued || known?.isOver) {
    counts.duplicates += 1;
  } else if (!known) {
    if (!anomaly.startUnknown) dedup.noteOrphanResolve(key);
    drop(state, anomaly, 'orphan-resolve', { why: 'no incident knows this alert', at });
  } else if (open.has(known.incident)) {
    counts.resolved += 1;
    sendResolved(state, anomaly, known);
  } else {
    // A closed incident that still waits for feedback notes it, and knows it should another alert open it again.
    counts.duplicates += 1;
    sendResolved(state, anomaly, known);
  }
}

function takeMessage(state: Triage, { id, incident, body }: TriageMessage, at: number): void {
  const { heard } = state;
  if (heard.has(id)) return;
  heard.add(id);
  for (const oldest of heard) {
    if (heard.size <= REMEMBERED_MESSAGES) break;
    heard.delete(oldest);
  }
  if (body.kind === 'closed') {
    state.takeOvers = state.takeOvers.filter(({ from }) => from !== incident);
    close(state, incident, at);
    return;
  }
  state.takeOvers = state.takeOvers.filter(({ kind, to }) => kind !== 'split' || to !== incident);
  // It says what it held before it got the order to give it away.
  const isLeaving = state.takeOvers.some(({ kind, from }) => kind === 'merge' && from === incident);
  if (!isLeaving) reopen(state, incident, body.firing);
}

function close(state: Triage, incident: string, at: number): void {
  state.open.close(incident);
  state.dedup.close(incident, at);
}

/** An incident runs and says which alerts it holds: it is believed, whatever was thought before. */
function reopen(state: Triage, incident: string, firing: readonly Anomaly[]): void {
  const { dedup, open, waiting } = state;
  const reopened = open.open(incident);
  dedup.reopen(incident);
  for (const anomaly of firing) {
    const key = episodeKey(anomaly);
    const { recurrence = 0 } = anomaly;
    const queued = waiting.get(key);
    const known = dedup.get(key);
    if (known && state.takeOvers.some(({ from, to }) => from === incident && to === known.incident)) continue;
    attract(state, reopened, anomaly);
    if (known && known.recurrence >= recurrence) {
      // It is of an earlier firing, or its end was sent elsewhere.
      const hasEnded = known.isOver || known.recurrence > recurrence;
      if (known.recurrence === recurrence && known.incident !== incident) dedup.move(known, incident);
      if (hasEnded) state.outbox.addAlert(incident, 'resolved', endOf(anomaly), false);
      continue;
    }
    if (queued) waiting.remove(key);
    dedup.place(anomaly, incident);
    if (queued) state.counts.duplicates += 1;
    const placed = dedup.get(key);
    if (queued?.resolved && placed) sendResolved(state, queued.resolved, placed);
  }
}

/** The end of an alert whose own report of it is not at hand: when it ended is not known. */
function endOf(anomaly: Anomaly): Anomaly {
  return { ...anomaly, status: 'resolved', endedAt: null, annotations: {}, links: [] };
}

function takeResults(
  state: Triage,
  { items, results }: { items: readonly OutboxItem[]; results: readonly DeliveryResult[] },
  at: number,
): Answer[] {
  const outcomes = new Map(results.map(({ id, outcome }) => [id, outcome]));
  const answers: Answer[] = [];
  for (const { incident, message } of items) {
    const outcome = outcomes.get(message.id);
    if (outcome === undefined) {
      state.outbox.defer(incident);
      continue;
    }
    const item = state.outbox.settle(message.id);
    if (!item) continue;
    if (outcome === 'ended') takeUndelivered(state, item, at);
    const move = state.moves.get(message.id);
    if (move) answers.push(...endMove(state, message.id, move, { isDelivered: outcome === 'delivered', at }));
  }
  return answers;
}

/** An incident had ended before it could be told: its alerts are placed again. */
function takeUndelivered(state: Triage, { incident, message: { body } }: OutboxItem, at: number): void {
  if (!state.outbox.isStarting(incident)) close(state, incident, at);
  if (body.kind === 'firing') for (const anomaly of body.anomalies) placeAgain(state, anomaly, incident, at);
  if (body.kind !== 'resolved') return;
  for (const anomaly of body.anomalies) {
    const key = episodeKey(anomaly);
    const queued = state.waiting.get(key);
    const known = state.dedup.get(key);
    if (queued) {
      if (isSameFiring(queued.anomaly, anomaly)) state.waiting.setResolved(queued, anomaly);
    } else if (known && known.incident !== incident && isSameFiring(known, anomaly)) {
      if (state.open.has(known.incident)) sendResolved(state, anomaly, known);
    }
  }
}

type Recurring = { readonly recurrence?: number | undefined };

/** Whether two of the same start are also of the same recurrence. */
function isSameFiring(a: Recurring, b: Recurring): boolean {
  return (a.recurrence ?? 0) === (b.recurrence ?? 0);
}

function placeAgain(state: Triage, anomaly: Anomaly, incident: string, at: number): void {
  const { counts, dedup, waiting } = state;
  const key = episodeKey(anomaly);
  const known = dedup.get(key);
  const isElsewhere =
    known !== undefined &&
    (!isSameFiring(known, anomaly) || (known.incident !== incident && !isMoving(state, key, incident)));
  counts.placed -= 1;
  if (waiting.get(key) || isElsewhere) {
    counts.duplicates += 1;
    return;
  }
  dedup.forget(key);
  const plain = { ...anomaly };
  delete plain.joined;
  waiting.add(plain, true);
  const queued = waiting.get(key);
  if (known?.isOver && queued) waiting.setResolved(queued, { ...endOf(plain), endedAt: at });
}

function isMoving(state: Triage, key: string, from: string): boolean {
  for (const move of state.moves.values()) {
    if (move.from === from && move.episodes.includes(key)) return true;
  }
  return false;
}

/** Answers those whose alerts all have their place, and whose incidents have their messages. */
function answerTickets(state: Triage): Answer[] {
  const { dedup, outbox, waiting } = state;
  const answers: Answer[] = [];
  state.tickets = state.tickets.filter(({ reply, alerts, opened }) => {
    const incidents: RaiseAnswer['incidents'] = [];
    for (const { fingerprint, key } of alerts) {
      if (waiting.get(key)) return true;
      const workflowId = dedup.get(key)?.incident;
      if (workflowId === undefined) continue;
      if (outbox.isPending(workflowId)) return true;
      incidents.push({ fingerprint, workflowId, joined: !opened.includes(workflowId) });
    }
    answers.push({ reply, result: { ok: { incidents } } });
    return false;
  });
  return answers;
}

function shrink(state: Triage, bytes: number, at: number): void {
  const { waiting } = state;
  const others = jsonBytes(saveTriage(state)) - waiting.bytes;
  if (others + waiting.bytes <= bytes) return;
  waiting.thin();
  // Each saved alert is a little more than its anomaly.
  const shed = waiting.shed(() => others + waiting.bytes + SAVED_OVERHEAD * waiting.size <= bytes);
  for (const { anomaly } of shed) {
    const why = 'too many alerts wait; it is taken when its source sends it again';
    drop(state, anomaly, 'overflow', { why, at });
  }
}

/** Bytes of a saved waiting alert beside its anomalies. */
const SAVED_OVERHEAD = 60;

const STRINGS = ['source', 'fingerprint', 'group', 'environment', 'service', 'title'] as const;

/** As far as triage relies on it: the whole was validated where it came in. */
function isAnomaly(value: unknown): value is Anomaly {
  if (typeof value !== 'object' || value === null) return false;
  const { status, startedAt, ...rest } = value as Record<string, unknown>;
  return (
    (status === 'firing' || status === 'resolved') &&
    typeof startedAt === 'number' &&
    Number.isFinite(startedAt) &&
    STRINGS.every((field) => typeof rest[field] === 'string')
  );
}
