import type { Anomaly } from '../../model/anomaly.js';
import { canonicalName, plainestName } from '../../model/identity/names.js';
import type { CorrelateAnswer, GroupTarget, TriagePolicy } from '../../model/triage.js';
import { addPlace, fitOf, type Affected } from './affected.js';
import { ROUND_GROUPS } from './limits.js';
import type { WaitingAlert } from './waiting-alerts.js';

/** An alert that no open incident attracts, and why it is with the others of its group (null for the first). */
interface Unmatched {
  alert: WaitingAlert;
  /** The alert, its service named as the group names it. */
  anomaly: Anomaly;
  why: string | null;
}

/** Alerts that belong together by source group or service and have no incident yet. */
export interface AlertGroup {
  /** Of its first alert. */
  key: string;
  alerts: Unmatched[];
  /** Its services, each with the start of its first alert. */
  services: Map<string, Affected>;
}

/** Alerts of one service, whatever they call it. */
interface OneService extends Affected {
  group: AlertGroup;
  names: string[];
}

/**
 * Puts alerts together by their source's group and their service, in the order of arrival. Alerts that write one
 * service in several ways get its plainest name.
 */
export function groupAlerts(
  alerts: Iterable<WaitingAlert>,
  by: TriagePolicy['joinBy'],
  apart: ReadonlySet<string>,
): AlertGroup[] {
  const groups: AlertGroup[] = [];
  const ofGroup = new Map<string, AlertGroup>();
  const services = new Map<string, OneService[]>();
  const members: { member: Unmatched; service: OneService; isJoinedBy: 'group' | 'service' | null }[] = [];
  for (const alert of alerts) {
    const { anomaly } = alert;
    const alike = services.get(canonicalName(anomaly.service)) ?? [];
    const sameGroup = by.includes('group') ? ofGroup.get(anomaly.group) : undefined;
    const sameService = by.includes('service') ? serviceOf(alike, anomaly, apart) : undefined;
    const group: AlertGroup = sameGroup ??
      sameService?.group ?? { key: alert.key, alerts: [], services: new Map() };
    const isNew = !sameGroup && !sameService;
    if (isNew) groups.push(group);
    const service = sameService?.group === group ? sameService : newService(group, anomaly);
    if (service !== sameService) services.set(canonicalName(anomaly.service), [...alike, service]);
    service.names.push(anomaly.service);
    service.at = Math.min(service.at, anomaly.startedAt);
    addPlace(service, anomaly);
    const member: Unmatched = { alert, anomaly, why: null };
    group.alerts.push(member);
    members.push({ member, service, isJoinedBy: sameGroup ? 'group' : sameService ? 'service' : null });
    if (!ofGroup.has(anomaly.group)) ofGroup.set(anomaly.group, group);
  }
  for (const { member, service, isJoinedBy } of members) {
    const name = plainestName(service.names);
    if (isJoinedBy === 'group') member.why = 'same alert group';
    if (isJoinedBy === 'service') member.why = alsoOf(name, member.anomaly.service);
    member.anomaly = { ...member.anomaly, service: name };
  }
  for (const one of [...services.values()].flat()) {
    const name = plainestName(one.names);
    const known = one.group.services.get(name);
    one.group.services.set(name, { ...one, at: Math.min(one.at, known?.at ?? Infinity) });
  }
  return groups;
}

/** Why an alert is where its service has alerts already. */
export function alsoOf(name: string, written: string): string {
  return name === written ? `also of ${name}` : `also of ${name}, here written ${written}`;
}

/** Of services that are written alike the one that an alert means: in just its place, else the only one that may be. */
function serviceOf(
  alike: readonly OneService[],
  anomaly: Anomaly,
  apart: ReadonlySet<string>,
): OneService | undefined {
  const fits = alike.flatMap((one) => {
    const fit = fitOf([one.names[0]!, one], anomaly, apart);
    return fit === 'other' ? [] : [{ one, fit }];
  });
  const same = fits.find(({ fit }) => fit === 'same');
  if (same) return same.one;
  return new Set(fits.map(({ one }) => one.group)).size > 1 ? undefined : fits[0]?.one;
}

function newService(group: AlertGroup, { startedAt }: Anomaly): OneService {
  return { group, names: [], at: startedAt, namespaces: [], clusters: [] };
}

/** What `correlate` said of alert groups, by the keys that they were asked about with. */
export interface Correlation {
  keys: string[];
  answer: CorrelateAnswer;
}

/** An alert that is to be placed. */
export interface Placement {
  alert: WaitingAlert;
  /** With its reason to be in the incident, unless it opens it. */
  anomaly: Anomaly;
}

/** Alerts of one incident: an open one, or (null) one that they open. */
export interface PlacedGroup {
  incident: string | null;
  /** Of a new incident the one that began first is first. */
  placements: Placement[];
}

/** Follows the targets of alert groups to an end, and gives every alert its reason. */
export function resolveTargets(
  groups: readonly AlertGroup[],
  correlation: Correlation | null,
): PlacedGroup[] {
  const targets = targetsByKey(correlation);
  const joinedBy = new Map<string, string>();
  for (const { into, why } of targets.values()) if (!joinedBy.has(into)) joinedBy.set(into, why);
  const byEnd = new Map<string, PlacedGroup>();
  for (const group of groups) {
    const end = endOf(targets, group.key);
    const placed: PlacedGroup = byEnd.get(end.key) ?? { incident: end.incident, placements: [] };
    byEnd.set(end.key, placed);
    // A group that others join does not say why itself, unless another opens the incident.
    const link = targets.get(group.key)?.why ?? joinedBy.get(group.key) ?? null;
    for (const { alert, anomaly: own, why } of group.alerts) {
      const joined = why ?? link;
      const anomaly = joined === null ? own : { ...own, joined };
      placed.placements.push({ alert, anomaly });
    }
  }
  for (const placed of byEnd.values()) if (placed.incident === null) putOpenerFirst(placed);
  return [...byEnd.values()];
}

/** Where one alert group goes: another group's key, or an incident. */
interface Step {
  incident: string | null;
  into: string;
  why: string;
}

function targetsByKey(correlation: Correlation | null): Map<string, Step> {
  const targets = new Map<string, Step>();
  if (!correlation) return targets;
  const { keys, answer } = correlation;
  keys.forEach((key, index) => {
    const target = answer.targets[index];
    const step = target && stepOf(target, keys);
    if (step) targets.set(key, step);
  });
  return targets;
}

function stepOf(target: GroupTarget, keys: readonly string[]): Step | null {
  if (target.kind === 'incident') return { incident: target.id, into: target.id, why: target.why };
  const into = keys[target.index];
  return into === undefined ? null : { incident: null, into, why: target.why };
}

function endOf(targets: ReadonlyMap<string, Step>, start: string): { key: string; incident: string | null } {
  let key = start;
  // An answer that leads in a circle ends somewhere, too.
  for (let count = 0; count < ROUND_GROUPS; count++) {
    const step = targets.get(key);
    if (!step) break;
    if (step.incident !== null) return { key: step.incident, incident: step.incident };
    key = step.into;
  }
  return { key, incident: null };
}

/** The alert that began first opens the incident and needs no reason. */
function putOpenerFirst(placed: PlacedGroup): void {
  const { placements } = placed;
  const first = placements.reduce((a, b) => (b.anomaly.startedAt < a.anomaly.startedAt ? b : a));
  const anomaly = { ...first.anomaly };
  delete anomaly.joined;
  placed.placements = [{ alert: first.alert, anomaly }, ...placements.filter((one) => one !== first)];
}
