import type { Anomaly } from '../model/anomaly.js';
import type { Trouble, TriagePolicy, TroubleHome } from '../model/triage.js';

/** Services of one trouble that are told to `correlate`. */
const MOST_SERVICES = 200;

/** An anomaly that no open incident attracts, and why it is with the others of its trouble. */
interface Stranger {
  anomaly: Anomaly;
  /** Null for the first. */
  why: string | null;
}

/** News of one round that belong together by themselves. */
export interface StrangeTrouble {
  strangers: Stranger[];
  services: Map<string, number>;
}

/** Puts news that nobody knows together by group and service, in the order of arrival. */
export function gatherStrangers(anomalies: readonly Anomaly[], by: TriagePolicy['joinBy']): StrangeTrouble[] {
  const troubles: StrangeTrouble[] = [];
  const ofGroup = new Map<string, StrangeTrouble>();
  const ofService = new Map<string, StrangeTrouble>();
  for (const anomaly of anomalies) {
    const { group, service, startedAt } = anomaly;
    const alike = by.includes('group') ? ofGroup.get(group) : undefined;
    const near = by.includes('service') ? ofService.get(service) : undefined;
    const trouble: StrangeTrouble = alike ?? near ?? { strangers: [], services: new Map() };
    if (trouble.strangers.length === 0) troubles.push(trouble);
    const why = alike ? 'same alert group' : near ? `also of ${service}` : null;
    trouble.strangers.push({ anomaly, why });
    trouble.services.set(service, Math.min(startedAt, trouble.services.get(service) ?? Infinity));
    if (!ofGroup.has(group)) ofGroup.set(group, trouble);
    if (!ofService.has(service)) ofService.set(service, trouble);
  }
  return troubles;
}

/** A trouble as `correlate` is asked about it. */
export function asTrouble({ services }: StrangeTrouble): Trouble {
  return { services: [...services].slice(0, MOST_SERVICES).map(([name, at]) => ({ name, at })) };
}

/** Anomalies of one incident: an open one, or one that they open. */
export interface Settled {
  incident: string | null;
  /** Each says why it is here, but the one that opens the incident; the first began first. */
  anomalies: Anomaly[];
}

/** Follows the homes of troubles to an end, and tells every anomaly why it is where it is. */
export function settleTroubles(
  troubles: readonly StrangeTrouble[],
  homes: readonly (TroubleHome | null)[],
): Settled[] {
  const settled = new Map<string, Settled>();
  troubles.forEach((trouble, index) => {
    const end = endOf(homes, index);
    const key = JSON.stringify(end);
    const home = settled.get(key) ?? { incident: end.incident, anomalies: [] };
    settled.set(key, home);
    const link = homes[index]?.why ?? whyOthersCome(homes, index);
    for (const { anomaly, why } of trouble.strangers) {
      const joined = why ?? link;
      home.anomalies.push(joined === null ? anomaly : { ...anomaly, joined });
    }
  });
  for (const home of settled.values()) if (home.incident === null) putOpenerFirst(home);
  return [...settled.values()];
}

function endOf(
  homes: readonly (TroubleHome | null)[],
  index: number,
): { incident: string | null; trouble: number | null } {
  // As many steps as there are troubles: an answer that leads in a circle ends somewhere, too.
  let at = index;
  for (let step = 0; step < homes.length; step++) {
    const home = homes[at];
    if (!home) break;
    if (home.kind === 'incident') return { incident: home.id, trouble: null };
    at = home.index;
  }
  return { incident: null, trouble: at };
}

/** What is joined by others need not say why itself, unless another opens the incident. */
function whyOthersCome(homes: readonly (TroubleHome | null)[], index: number): string | null {
  return homes.find((home) => home?.kind === 'trouble' && home.index === index)?.why ?? null;
}

/** The anomaly that began first opens the incident and needs no reason. */
function putOpenerFirst(home: Settled): void {
  const first = home.anomalies.reduce((a, b) => (b.startedAt < a.startedAt ? b : a));
  const opener = { ...first };
  delete opener.joined;
  home.anomalies = [opener, ...home.anomalies.filter((anomaly) => anomaly !== first)];
}
