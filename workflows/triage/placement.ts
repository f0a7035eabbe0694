import type { Anomaly } from '../../model/anomaly.js';
import type { CorrelateRequest, TriagePolicy } from '../../model/triage.js';
import { fitOf } from './affected.js';
import type { Episode } from './dedup-index.js';
import {
  alsoOf,
  groupAlerts,
  resolveTargets,
  type AlertGroup,
  type Correlation,
  type PlacedGroup,
  type Placement,
} from './grouping.js';
import { incidentIdOf } from './incident-id.js';
import {
  COMPARED_INCIDENTS,
  COMPARED_SERVICES,
  OPEN_INCIDENTS,
  ROUND_ALERTS,
  ROUND_BYTES,
  ROUND_GROUPS,
  ROUND_INCIDENTS,
} from './limits.js';
import { affectedService, affectedServices, type OpenIncident } from './open-incidents.js';
import { silenceOf } from './silences.js';
import { drop, type Triage } from './state.js';
import type { WaitingAlert } from './waiting-alerts.js';

/** Gives waiting alerts to open incidents: of the same alert, then group, then service. */
export function joinOpenIncidents(state: Triage, policy: TriagePolicy, at: number): void {
  for (const alert of state.waiting.values()) {
    if (!hasRoom(state)) return;
    const match = matchOf(state, alert.anomaly, policy);
    if (!match || dropSilenced(state, alert, policy, at)) continue;
    const { incident, service, why } = match;
    place(state, { alert, anomaly: { ...alert.anomaly, service, joined: why } }, incident);
  }
}

/** What `correlate` is to be asked in this round, and the keys of the alert groups; null when it can change nothing. */
export function correlationQuestion(
  state: Triage,
  policy: TriagePolicy,
  at: number,
): { keys: string[]; request: CorrelateRequest } | null {
  if (!policy.joinBy.includes('calls')) return null;
  const groups = groupsOf(
    unmatched(state, policy).filter(({ anomaly }) => !silenceOf(anomaly, policy.silences)),
    policy,
  );
  if (groups.length === 0 || groups.length + state.open.size < 2) return null;
  const compared = [...state.open.values()].slice(-COMPARED_INCIDENTS);
  return {
    keys: groups.map(({ key }) => key),
    request: {
      at,
      groups: groups.map(({ services }) => ({
        services: [...services]
          .slice(0, COMPARED_SERVICES)
          .map(([name, affected]) => affectedService(name, affected)),
      })),
      incidents: compared.map((one) => ({ id: one.id, services: affectedServices(one, COMPARED_SERVICES) })),
    },
  };
}

/** Gives waiting alerts that no open incident attracts to those that calls connect them with, or to new ones. */
export function openIncidents(
  state: Triage,
  { policy, correlation }: { policy: TriagePolicy; correlation: Correlation | null },
  at: number,
): void {
  const alerts = unmatched(state, policy).filter((alert) => !dropSilenced(state, alert, policy, at));
  const blind = correlation?.answer.blind ?? null;
  let opened = 0;
  for (const placed of resolveTargets(groupsOf(alerts, policy), correlation)) {
    if (!hasRoom(state)) return;
    const known = placed.incident === null ? undefined : state.open.get(placed.incident);
    if (known) {
      placeAll(state, placed.placements, known);
      continue;
    }
    const isUrgent = placed.placements.some(({ alert }) => alert.isUrgent);
    if (opened >= ROUND_INCIDENTS && !isUrgent) continue;
    if (openFor(state, placed, blind, at) && !isUrgent) opened += 1;
  }
}

/** Opens an incident for alerts, and answers whether it did: beyond the limit they join the storm incident. */
function openFor(state: Triage, { placements }: PlacedGroup, blind: string | null, at: number): boolean {
  const [opener, ...others] = placements;
  if (!opener) return false;
  const id = newIdFor(state, opener.anomaly);
  const known = state.open.get(id);
  if (!known && state.open.isFull) {
    joinStorm(state, placements, at);
    return false;
  }
  const incident = known ?? openNew(state, id, 'plain', placements);
  const anomaly = { ...opener.anomaly };
  // It may have had a reason to be in an incident that has ended.
  delete anomaly.joined;
  if (blind !== null) anomaly.joined = `stands alone: ${blind}`;
  place(state, { alert: opener.alert, anomaly }, incident, known === undefined);
  placeAll(state, others, incident);
  return known === undefined;
}

function newIdFor({ counts, open, takeOvers }: Triage, anomaly: Anomaly): string {
  const { service, startedAt, group } = anomaly;
  const id = incidentIdOf({ service, at: startedAt, group });
  // The same alert as before opens one, while the incident that it opened before still gives its alerts away.
  const isLeaving = takeOvers.some(({ kind, from }) => kind === 'merge' && from === id);
  const affected = open.get(id)?.services.get(service);
  const isElsewhere = affected !== undefined && fitOf([service, affected], anomaly, new Set()) === 'other';
  return isLeaving || isElsewhere ? `${id}n${counts.incidents + 1}` : id;
}

function joinStorm(state: Triage, placements: readonly Placement[], at: number): void {
  const known = state.open.storm;
  const id = known?.id ?? incidentIdOf({ service: 'storm', at, group: state.origin });
  const incident = known ?? openNew(state, id, 'storm', placements);
  const joined = `no further incident is opened while ${OPEN_INCIDENTS} or so are open`;
  const [first, ...others] = placements.map(({ alert, anomaly }) => ({
    alert,
    anomaly: { ...anomaly, joined },
  }));
  if (!first) return;
  place(state, first, incident, known === null);
  placeAll(state, others, incident);
}

function openNew(
  state: Triage,
  id: string,
  kind: OpenIncident['kind'],
  placements: readonly Placement[],
): OpenIncident {
  state.counts.incidents += 1;
  const keys = new Set(placements.map(({ alert }) => alert.key));
  state.tickets.find(({ alerts }) => alerts.some(({ key }) => keys.has(key)))?.opened.push(id);
  return state.open.open(id, kind);
}

function placeAll(state: Triage, placements: readonly Placement[], incident: OpenIncident): void {
  for (const placement of placements) {
    // What is left joins by group or service in the next round.
    if (!hasRoom(state)) return;
    place(state, placement, incident);
  }
}

/** Gives one alert to an incident, with its end when that has come already. */
function place(state: Triage, { alert, anomaly }: Placement, incident: OpenIncident, opens = false): void {
  const { counts, dedup, outbox, waiting } = state;
  waiting.remove(alert.key);
  const times = dedup.place(anomaly, incident.id);
  counts.placed += 1;
  incident.alerts += 1;
  if (times > 1) {
    counts.flaps += 1;
    incident.flaps += 1;
  }
  attract(state, incident, anomaly);
  outbox.addAlert(incident.id, 'firing', anomaly, opens);
  const episode = dedup.get(alert.key);
  if (alert.resolved && episode) sendResolved(state, alert.resolved, episode);
  if (alert.isUrgent) outbox.hurry(incident.id);
}

export function attract({ open }: Triage, incident: OpenIncident, anomaly: Anomaly): void {
  open.attractAlert(incident, anomaly);
  open.attractGroup(incident, anomaly.group);
}

/**
 * Notes the end of an episode and sends it to its incident, which may call the service otherwise than its source. Texts
 * stay out of it: the incident has them.
 */
export function sendResolved(state: Triage, resolved: Anomaly, episode: Episode): void {
  episode.isOver = true;
  const { service } = episode;
  const anomaly: Anomaly = { ...resolved, service, labels: {}, annotations: {}, links: [] };
  if (episode.recurrence > 0) anomaly.recurrence = episode.recurrence;
  state.outbox.addAlert(episode.incident, 'resolved', anomaly, false);
}

/** The open incident that attracts an alert, how it calls the alert's service, and why it attracts it. */
function matchOf(
  { dedup, open }: Triage,
  anomaly: Anomaly,
  policy: TriagePolicy,
): { incident: OpenIncident; service: string; why: string } | null {
  const { fingerprint, service, group } = anomaly;
  const latest = dedup.latestOf(fingerprint);
  const earlier = latest && open.get(latest.incident);
  if (earlier) {
    const why = `the same alert again, for the ${ordinal(latest.times + 1)} time`;
    return { incident: earlier, service: latest.service, why };
  }
  const found = policy.joinBy.includes('service') ? open.ofService(anomaly, apartIn(policy)) : undefined;
  const ofService = found && {
    incident: found.incident,
    service: found.name,
    why: alsoOf(found.name, service),
  };
  if (ofService?.incident.kind === 'split') return ofService;
  const ofGroup = policy.joinBy.includes('group') ? open.ofGroup(group) : undefined;
  if (!ofGroup) return ofService ?? null;
  const name = ofService?.incident === ofGroup ? ofService.service : service;
  return { incident: ofGroup, service: name, why: 'same alert group' };
}

function apartIn({ apart = [] }: TriagePolicy): ReadonlySet<string> {
  return new Set(apart);
}

/** The oldest waiting alerts that no open incident attracts, as many as a round looks at. */
function unmatched(state: Triage, policy: TriagePolicy): WaitingAlert[] {
  const found: WaitingAlert[] = [];
  for (const alert of state.waiting.values()) {
    if (found.length >= ROUND_ALERTS) break;
    if (!matchOf(state, alert.anomaly, policy)) found.push(alert);
  }
  return found;
}

function groupsOf(alerts: readonly WaitingAlert[], policy: TriagePolicy): AlertGroup[] {
  return groupAlerts(alerts, policy.joinBy, apartIn(policy)).slice(0, ROUND_GROUPS);
}

function dropSilenced(state: Triage, alert: WaitingAlert, { silences }: TriagePolicy, at: number): boolean {
  const silence = silenceOf(alert.anomaly, silences);
  if (!silence) return false;
  state.waiting.remove(alert.key);
  drop(state, alert.anomaly, 'silenced', { why: `silence ${silence.name}: ${silence.reason}`, at });
  return true;
}

function hasRoom({ outbox }: Triage): boolean {
  return outbox.bytes < ROUND_BYTES;
}

function ordinal(n: number): string {
  const ending = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
}
