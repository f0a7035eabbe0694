import type { Merge, Split } from '../../model/triage.js';
import { incidentIdOf } from './incident-id.js';
import { PENDING_MOVES, REMEMBERED_TAKE_OVERS, TAKE_OVER_SECONDS } from './limits.js';
import type { Move, TakeOver, Triage } from './state.js';
import type { Answer } from './step.js';

/*
 * What people change. What they ask for is in force from the moment it is taken, so that what comes meanwhile goes to
 * the right incident; it is answered when the giving incident has its order, and taken back when that had ended.
 */

/** Lets one incident give all its alerts to another and end. */
export function merge(state: Triage, { from, into, by }: Merge, reply: number, at: number): Answer[] {
  const { dedup, open, outbox } = state;
  const source = open.get(from);
  const target = open.get(into);
  const refused =
    refusal(state, { from, by }, at) ??
    (target === undefined ? notOpen('into', into) : null) ??
    (from === into ? 'into: expected another incident than from' : null);
  if (refused !== null || !source || !target) return [{ reply, result: { refused: refused ?? '' } }];

  const episodes = dedup.episodesOf(from);
  for (const episode of episodes) dedup.move(episode, into);
  open.takeOver(target, source);
  open.close(from);
  const id = outbox.add(from, { kind: 'transfer', to: into, service: null, by }, false);
  outbox.hurry(from);
  noteTakeOver(state, { kind: 'merge', from, to: into, since: at });
  state.moves.set(id, { kind: 'merge', reply, from, to: into, episodes: episodes.map(({ key }) => key) });
  return [];
}

/** Lets an incident give the alerts of one service to a new incident. */
export function split(state: Triage, { from, service, by }: Split, reply: number, at: number): Answer[] {
  const { counts, dedup, open, outbox } = state;
  const source = open.get(from);
  const affected = source?.services.get(service);
  const refused = refusal(state, { from, by }, at) ?? splitRefusal(source, service, from);
  if (refused !== null || !source || !affected) {
    return [{ reply, result: { refused: refused ?? '' } }];
  }

  counts.incidents += 1;
  const group = from.slice(from.lastIndexOf('-') + 1);
  const to = `${incidentIdOf({ service, at: affected.at, group })}s${counts.incidents}`;
  const target = open.open(to, 'split');
  const episodes = dedup.episodesOf(from).filter((episode) => episode.service === service);
  for (const episode of episodes) dedup.move(episode, to);
  open.forgetService(source, service);
  open.attractService(target, service, affected);
  source.alerts -= episodes.length;
  target.alerts += episodes.length;
  const id = outbox.add(from, { kind: 'transfer', to, service, by }, false);
  outbox.hurry(from);
  // What comes for the new incident follows when the other one has its order. The first message starts its run, which
  // then waits for its alerts: from the other incident, and from here.
  outbox.hold(to);
  outbox.add(to, { kind: 'resolved', anomalies: [] }, true);
  noteTakeOver(state, { kind: 'split', from, to, since: at });
  state.moves.set(id, { kind: 'split', reply, from, to, episodes: episodes.map(({ key }) => key) });
  return [];
}

/** Ends a move: answers whoever asked for it, and takes it back when the giving incident had ended. */
export function endMove(
  state: Triage,
  id: string,
  move: Move,
  { isDelivered, at }: { isDelivered: boolean; at: number },
): Answer[] {
  state.moves.delete(id);
  const { reply, from, to } = move;
  if (!isDelivered) takeBack(state, move, at);
  state.outbox.release(to);
  if (reply === null) return [];
  if (isDelivered) return [{ reply, result: { ok: { from, to } } }];
  return [{ reply, result: { refused: `${from} has ended meanwhile, so it has no alerts to give away` } }];
}

function takeBack(state: Triage, { kind, from, to, episodes }: Move, at: number): void {
  const { counts, dedup, open, outbox } = state;
  for (const key of episodes) {
    const episode = dedup.get(key);
    if (episode?.incident === to) dedup.move(episode, from);
  }
  dedup.close(from, at);
  state.takeOvers = state.takeOvers.filter((one) => one.from !== from || one.to !== to);
  // Alerts that came meanwhile keep the new incident open.
  if (kind === 'merge' || dedup.episodesOf(to).length > 0) return;
  outbox.discard(to);
  open.close(to);
  counts.incidents -= 1;
}

function noteTakeOver(state: Triage, takeOver: TakeOver): void {
  state.takeOvers = [...state.takeOvers, takeOver].slice(-REMEMBERED_TAKE_OVERS);
}

function refusal(state: Triage, { from, by }: { from: string; by: string }, at: number): string | null {
  if (typeof by !== 'string' || by.trim() === '') return 'by: expected who asks for it';
  if (!state.open.has(from)) return notOpen('from', from);
  if (state.moves.size >= PENDING_MOVES) {
    return `${PENDING_MOVES} merges and splits are under way; try again in a minute`;
  }
  const takeOver = state.takeOvers.find(({ to, since }) => to === from && at - since < TAKE_OVER_SECONDS);
  if (takeOver) {
    return `from: ${from} still takes over the alerts of ${takeOver.from}; try again in a minute`;
  }
  return null;
}

function splitRefusal(
  source: { services: ReadonlyMap<string, unknown> } | undefined,
  service: string,
  from: string,
): string | null {
  if (!source?.services.has(service)) return `service: ${from} has no alert of ${service}`;
  if (source.services.size > 1) return null;
  return `service: ${from} has alerts of ${service} alone, so there is nothing to split it from`;
}

function notOpen(field: string, incident: string): string {
  return `${field}: expected an open incident, ${incident} is none`;
}
