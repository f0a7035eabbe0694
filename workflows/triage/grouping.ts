import type { Anomaly } from '../../model/anomaly.js';
import type { CorrelateAnswer, GroupTarget, TriagePolicy } from '../../model/triage.js';
import { ROUND_GROUPS } from './limits.js';
import type { WaitingAlert } from './waiting-alerts.js';

/** An alert that no open incident attracts, and why it is with the others of its group (null for the first). */
interface Unmatched {
  alert: WaitingAlert;
  why: string | null;
}

/** Alerts that belong together by source group or service and have no incident yet. */
export interface AlertGroup {
  /** Of its first alert. */
  key: string;
  alerts: Unmatched[];
  /** Its services and when their first alert began, unix seconds. */
  services: Map<string, number>;
}

/** Puts alerts together by their source's group and their service, in the order of arrival. */
export function groupAlerts(alerts: Iterable<WaitingAlert>, by: TriagePolicy['joinBy']): AlertGroup[] {
  const groups: AlertGroup[] = [];
  const ofGroup = new Map<string, AlertGroup>();
  const ofService = new Map<string, AlertGroup>();
  for (const alert of alerts) {
    const { group, service, startedAt } = alert.anomaly;
    const sameGroup = by.includes('group') ? ofGroup.get(group) : undefined;
    const sameService = by.includes('service') ? ofService.get(service) : undefined;
    const known = sameGroup ?? sameService;
    const own: AlertGroup = known ?? { key: alert.key, alerts: [], services: new Map() };
    if (!known) groups.push(own);
    const why = sameGroup ? 'same alert group' : sameService ? `also of ${service}` : null;
    own.alerts.push({ alert, why });
    own.services.set(service, Math.min(startedAt, own.services.get(service) ?? Infinity));
    if (!ofGroup.has(group)) ofGroup.set(group, own);
    if (!ofService.has(service)) ofService.set(service, own);
  }
  return groups;
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
    for (const { alert, why } of group.alerts) {
      const joined = why ?? link;
      const anomaly = joined === null ? alert.anomaly : { ...alert.anomaly, joined };
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
