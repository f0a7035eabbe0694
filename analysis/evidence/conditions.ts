import type { Condition, ConditionKind } from '../../model/condition.js';
import type { Evidence, FaultKind } from '../../model/diagnosis.js';
import { count, quantity } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { quietness } from '../service-facts.js';
import { isLinked } from '../sight.js';
import { isGolden } from '../series/onset.js';
import { RANK, STATE } from '../weights.js';
import { finding, type Finding } from './finding.js';

/** How much a kind of condition says by itself, which fault it is, and how people say it. */
interface Meaning {
  /** Share of `STATE.clear`. */
  weight: number;
  fault: FaultKind;
  words: string;
  /** It follows from others of the same service: where one of them is told, it adds nothing and names no fault. */
  isEffect?: true;
}

const MEANINGS: Record<ConditionKind, Meaning> = {
  'crash-loop': { weight: 1, fault: 'start-failure', words: 'ends again and again' },
  'out-of-memory': { weight: 1, fault: 'memory', words: 'was ended for want of memory' },
  'image-pull': { weight: 1, fault: 'start-failure', words: 'cannot pull its image' },
  'start-failed': { weight: 1, fault: 'start-failure', words: 'cannot start' },
  unschedulable: { weight: 0.9, fault: 'scheduling', words: 'finds no node' },
  'quota-exceeded': { weight: 1, fault: 'quota', words: 'is refused by a quota or limit' },
  'scaled-to-zero': { weight: 1, fault: 'configuration', words: 'is scaled to zero' },
  'traffic-denied': { weight: 1, fault: 'routing', words: 'denies traffic' },
  'selects-nothing': { weight: 1, fault: 'routing', words: 'selects no pod' },
  'certificate-expired': { weight: 1, fault: 'certificate', words: 'has expired' },
  'volume-failed': { weight: 0.9, fault: 'disk', words: 'has no volume' },
  evicted: { weight: 0.7, fault: 'host', words: 'was evicted' },
  'node-not-ready': { weight: 0.8, fault: 'host', words: 'is not ready' },
  'node-pressure': { weight: 0.6, fault: 'host', words: 'is under pressure' },
  'provider-outage': { weight: 1, fault: 'external-provider', words: 'reports an outage' },
  'at-scale-limit': { weight: 0.6, fault: 'quota', words: 'is at its limit' },
  'job-failed': { weight: 0.5, fault: 'start-failure', words: 'failed' },
  'probe-failing': { weight: 0.8, fault: 'probe', words: 'fails its probe', isEffect: true },
  'no-endpoints': {
    weight: 1,
    fault: 'routing',
    words: 'has no endpoint that takes requests',
    isEffect: true,
  },
  'rollout-stuck': { weight: 0.6, fault: 'start-failure', words: 'is stuck in its rollout', isEffect: true },
  'not-ready': { weight: 0.6, fault: 'dependency-down', words: 'is not ready', isEffect: true },
};

/**
 * What platforms say of the state of services. A state speaks for a service as far as it came with the incident: not
 * long before it, not after the first symptom, and not over by then. What was so all along is how the estate is. Of a
 * service whose work is seen and shows no harm it says less, as of one that no known call links to the alert. It takes
 * from those who call the service, and whom `found` blames for what they suffer, what it explains.
 */
export function conditionEvidence(facts: Facts, found: readonly Finding[]): Finding[] {
  const own = new Map<number, Placed[]>();
  for (const one of facts.input.conditions ?? []) {
    const part = timeliness(facts, one);
    for (const service of servicesOf(facts, one))
      own.set(service, [...(own.get(service) ?? []), { one, part }]);
  }
  const states = [...own].flatMap(([service, placed]) => statesOf(facts, service, placed));
  return [...states.map((state) => state.told), ...explained(facts, states, found)];
}

/** A condition of a service, and how far it came with the incident. */
interface Placed {
  one: Condition;
  part: number;
}

/** A condition as evidence. */
interface State {
  one: Condition;
  told: Finding;
}

function statesOf(facts: Facts, service: number, placed: readonly Placed[]): State[] {
  const name = facts.graph.names[service]!;
  const hasCause = placed.some(({ one, part }) => !MEANINGS[one.kind].isEffect && part >= STATE.causes);
  const harm = harmOf(facts, service) * (isLinked(facts, service) ? 1 : STATE.unlinked);
  return placed
    .filter(({ one }) => !hasCause || !MEANINGS[one.kind].isEffect)
    .map(({ one, part }) => ({ one, whole: STATE.clear * MEANINGS[one.kind].weight * part * harm }))
    .sort((a, b) => b.whole - a.whole || (a.one.object < b.one.object ? -1 : 1))
    .map(({ one, whole }, rank) => {
      // The strongest counts in full, each further one less: one fault shows in several objects.
      const weight = whole * RANK.repeated ** rank;
      const { fault } = MEANINGS[one.kind];
      const told = finding(service, {
        observation: `${one.kind} of ${one.object} for ${name}`,
        kind: 'state',
        weight,
        statement: statementOf(facts, one),
        // That it is down is what follows from the rest.
        kinds:
          fault === 'dependency-down'
            ? [[fault, weight]]
            : [
                [fault, weight],
                ['dependency-down', -weight],
              ],
      });
      return { one, told };
    });
}

/** Evidence of mere suffering, which a state below may explain. */
const SUFFERING = new Set<Evidence['kind']>([
  'local-symptom',
  'neighbours',
  'unexplained-by-callees',
  'explains-callers',
]);

/** What callers suffer from a service whose state is told, by ways on which everybody suffers or is not seen. */
function explained(facts: Facts, states: readonly State[], found: readonly Finding[]): Finding[] {
  const { graph, services } = facts;
  // Those of a service come strongest first.
  const strongest = new Map<number, State>();
  for (const state of states)
    if (!strongest.has(state.told.service)) strongest.set(state.told.service, state);
  const passes = services.map(
    ({ loudness, seen }) => loudness >= RANK.leastStrength || ![...seen].some(isGolden),
  );
  const suffered = graph.names.map(() => 0);
  for (const { service, evidence } of found) {
    if (evidence.stance === 'for' && SUFFERING.has(evidence.kind)) suffered[service]! += evidence.weight;
  }
  return [...strongest].flatMap(([service, state]) =>
    sufferersAbove(graph.callers, passes, service).flatMap((caller) => {
      const follows = followingPart(state, strongest.get(caller));
      const share = Math.min(1, state.told.evidence.weight / STATE.clear);
      const weight = follows === null ? 0 : STATE.explains * share * (suffered[caller]! + follows);
      if (weight === 0) return [];
      return [
        finding(caller, {
          observation: `state below ${graph.names[caller]!}`,
          kind: 'contradiction',
          stance: 'against',
          weight,
          statement: `${graph.names[service]!}, which it needs, explains it: ${state.told.evidence.statement}`,
        }),
      ];
    }),
  );
}

/**
 * How much of a caller's own state may follow from that of what it needs, in units of the ranking; null where the
 * caller's began before, and so does not. Who cannot reach what it needs fails its probe, and often ends.
 */
function followingPart(below: State, own: State | undefined): number | null {
  if (own === undefined) return 0;
  const { weight } = own.told.evidence;
  if (MEANINGS[below.one.kind].isEffect) return null;
  if (MEANINGS[own.one.kind].isEffect) return weight;
  return below.one.since <= own.one.since ? STATE.follows * weight : null;
}

/** Callers, and theirs, as long as the one between `passes` it on: it suffers, or is not seen. */
function sufferersAbove(callers: readonly number[][], passes: readonly boolean[], service: number): number[] {
  const isAbove = new Uint8Array(callers.length);
  isAbove[service] = 1;
  const above = [service];
  for (let next = 0; next < above.length; next += 1) {
    for (const caller of callers[above[next]!]!) {
      if (isAbove[caller] === 1 || !passes[caller]!) continue;
      isAbove[caller] = 1;
      above.push(caller);
    }
  }
  return above.slice(1);
}

/**
 * Every service of a condition is in the graph. A node's condition speaks for the services on it that are hurt, or for
 * all of them where nobody's hurt is seen.
 */
function servicesOf({ graph, services }: Facts, { service, host }: Condition): number[] {
  if (service !== null) return [graph.indexOf.get(service)!];
  if (host === null) return [];
  const tenants = graph.hosts.get(host) ?? [];
  const hurt = tenants.filter((tenant) => services[tenant]!.loudness >= RANK.leastStrength);
  return hurt.length > 0 ? hurt : tenants;
}

/** How far a condition came with the incident, 0..1. */
function timeliness({ begin, grid, input }: Facts, { since, until }: Condition): number {
  const onset =
    begin === null ? input.anomaly.time : Math.min(input.anomaly.time, grid.start + begin * grid.width);
  const slack = Math.max(grid.slack, STATE.slackSeconds);
  if (until !== null && until < onset - slack) return 0;
  if (since > onset + slack) return 0.5 ** ((since - onset - slack) / STATE.lateSeconds) * STATE.late;
  const early = Math.max(0, onset - since - STATE.leadSeconds);
  return Math.max(STATE.old, 0.5 ** (early / STATE.earlySeconds));
}

/** Share that is left of what a state says when the work of the service is seen and shows no harm. */
function harmOf({ services, alerting, vanished }: Facts, service: number): number {
  const own = services[service]!;
  if (service === alerting || vanished.has(service) || ![...own.seen].some(isGolden)) return 1;
  const hurt = Math.max(Math.min(1, own.loudness / RANK.clearStrength), quietness(own.quieter));
  return STATE.unfelt + (1 - STATE.unfelt) * hurt;
}

function statementOf({ begin, grid, input }: Facts, one: Condition): string {
  const onset = begin === null ? input.anomaly.time : grid.start + begin * grid.width;
  const apart = one.since - onset;
  const when = `${quantity(Math.abs(Math.round(apart)), 's')} ${apart < 0 ? 'before' : 'after'} the ${begin === null ? 'alert' : 'onset'}`;
  const times = one.count > 1 ? `, ${count(one.count, 'time')}` : '';
  const message = one.message.length > LONGEST ? `${one.message.slice(0, LONGEST)}...` : one.message;
  return `${one.object} ${MEANINGS[one.kind].words}, from ${when} on${times}${message === '' ? '' : ` (${message.replace(/\.$/, '')})`}.`;
}

/** Characters of a platform's own words in a statement. */
const LONGEST = 200;
