import type { Diagnosis, Evidence, Onset, Suspect, Verdict } from '../model/diagnosis.js';
import { actionsFor } from './verdict/actions.js';
import { causalChangeOf } from './changes/evidence.js';
import type { ChangeJudgement } from './changes/index.js';
import { absentKinds } from './checks/evidence.js';
import { badness, metaOf, movementOf } from './evidence/finding.js';
import { louder, type Facts } from './facts.js';
import { callersDelay, faultKinds } from './fault-kind.js';
import { hopsFrom } from './graph/call-graph.js';
import { onsetOf, propagationFrom } from './propagation.js';
import type { Ranked } from './rank.js';
import { candidatesOf } from './verdict/candidates.js';
import { claimOf } from './verdict/claims.js';
import { unproven } from './verdict/proof.js';
import { isGolden } from './series/onset.js';
import { shapeOf } from './shape.js';
import { CALL_GRAPH, isLinked, sightOf, type Sight } from './sight.js';
import { FAULT_TYPE_WORDS, quantity, wholePercent } from '../model/wording.js';
import { LIMITS } from './limits.js';
import { RANK, RULES, RULES_VERSION } from './weights.js';

/** Puts the result of the ranking in the words and the size of a diagnosis. */
export function write(facts: Facts, ranked: Ranked[], judgement: ChangeJudgement): Diagnosis {
  const { input, grid, graph } = facts;
  const believed = ranked
    .filter(({ score, evidence }) => score > 0 || evidence.length > 0)
    .slice(0, LIMITS.suspects)
    .map((one, index) => suspectOf(facts, one, index, judgement));
  const verdict = verdictOf(facts, ranked, believed, judgement);
  // The verdict and its suspect are one belief.
  const suspects = believed.map((suspect, index) =>
    index === 0 && verdict.service !== null ? { ...suspect, confidence: verdict.confidence } : suspect,
  );
  const cause = verdict.service === null ? undefined : graph.indexOf.get(verdict.service);
  const leader = suspects[0];
  return {
    rulesVersion: RULES_VERSION,
    anomaly: { service: input.anomaly.service, symptom: input.anomaly.symptom, time: input.anomaly.time },
    window: input.window,
    baseline: { start: grid.start, end: grid.start + grid.incidentStart * grid.width },
    onset: beginning(facts),
    verdict,
    suspects,
    candidates: verdict.service === null ? null : candidatesOf(suspects),
    ranking: ranked
      .slice(0, LIMITS.ranking)
      .map(({ service, score }) => ({ service: graph.names[service]!, score })),
    propagation: cause === undefined ? [] : propagationFrom(facts, cause).slice(0, LIMITS.steps),
    symptoms: facts.moves
      .filter(
        (move) => isGolden(move.series.signal) && badness(move) > 0 && move.strength >= RANK.leastStrength,
      )
      .sort(louder)
      .slice(0, LIMITS.symptoms)
      .map((move) => ({
        subject: move.series.subject,
        signal: move.series.signal,
        movement: movementOf(move),
        series: metaOf(move.series),
        shape: shapeOf(move.series, input.window),
      })),
    blastRadius: blastRadius(facts, cause),
    ruledOut: ruledOut(facts, ranked, judgement),
    gaps: input.gaps,
    nextActions:
      leader === undefined || NO_LEADER.has(verdict.rule)
        ? []
        : actionsFor(
            leader.service,
            leader.faultKinds
              .filter(({ probability }) => probability >= LIMITS.leastKind)
              .map(({ kind }) => kind),
            { trigger: judgement.trigger, isSlow: isSlow(leader) },
          ),
    looked: {
      services: graph.names.length,
      series: input.series.length,
      samples: input.series.reduce((sum, { values }) => sum + values.length, 0),
    },
  };
}

function beginning({ begin, grid }: Facts): Onset | null {
  return begin === null ? null : { time: grid.start + begin * grid.width, uncertaintySeconds: grid.width };
}

function suspectOf(facts: Facts, one: Ranked, index: number, judgement: ChangeJudgement): Suspect {
  const { graph, services, grid } = facts;
  const { trigger } = judgement;
  const absent = absentKinds(graph.names[one.service]!, facts.input.checks);
  const causal = causalChangeOf(facts, one.service, judgement);
  const kinds = faultKinds(facts, one.service, one.kinds, causal, absent);
  const onset = onsetOf(services[one.service]!);
  const mentions = one.evidence.some(({ changeId }) => changeId !== null && changeId === trigger?.id);
  return {
    service: graph.names[one.service]!,
    faultKind: kinds[0]!.kind,
    confidence: one.belief,
    faultKinds: kinds,
    onset: onset === null ? null : { time: onset, uncertaintySeconds: grid.width },
    changeId: mentions ? (trigger?.id ?? null) : null,
    evidence: one.evidence.filter(({ weight }) => weight >= LIMITS.leastWeight).slice(0, LIMITS.evidence),
    status: index === 0 && one.score > 0 ? 'leading' : isRuledOut(one) ? 'ruled-out' : 'possible',
  };
}

function isSlow({ evidence }: Suspect): boolean {
  return evidence.some(
    ({ kind, stance, series }) =>
      kind === 'local-symptom' && stance === 'for' && series?.signal === 'latency',
  );
}

/** What speaks against it takes most of what speaks for it. */
function isRuledOut({ evidence, score }: Ranked): boolean {
  const total = (stance: Evidence['stance']): number =>
    evidence.filter((one) => one.stance === stance).reduce((sum, { weight }) => sum + weight, 0);
  return score === 0 || total('against') > RULES.ruledOut * total('for');
}

function verdictOf(facts: Facts, ranked: Ranked[], suspects: Suspect[], judgement: ChangeJudgement): Verdict {
  const { graph } = facts;
  const { trigger } = judgement;
  const confidence = ranked[0]?.belief ?? 0;
  const sight = ranked[0] === undefined ? { most: 1, missing: null } : sightOf(facts, ranked[0]);
  const claim = claimOf({
    names: graph.names,
    ranked,
    confidence,
    most: sight.most,
    missing: sight.missing,
    faultKind: suspects[0]?.faultKind ?? 'unknown',
    kindBelief: suspects[0]?.faultKinds[0]?.probability ?? 0,
    unproven:
      ranked[0] === undefined
        ? null
        : unproven(facts, ranked[0].service, suspects[0]?.faultKind ?? 'unknown'),
    explaining: new Set(
      judgement.ranked
        .filter(({ evidence }) => evidence.some(({ stance }) => stance === 'for'))
        .map(({ change }) => change.id),
    ),
    isExternal: ranked[0] !== undefined && graph.external.has(ranked[0].service),
    firstSymptom: beginning(facts),
    unlinkedTo:
      ranked[0] === undefined || isLinked(facts, ranked[0].service) ? null : facts.input.anomaly.service,
    unread: unreadOf(facts.input),
  });
  const leader = NO_LEADER.has(claim.rule) ? undefined : suspects[0];
  return {
    level: claim.level,
    service: leader?.service ?? null,
    faultKind: leader?.faultKind ?? 'unknown',
    changeId: leader ? (trigger?.id ?? null) : null,
    confidence: leader ? claim.confidence : 0,
    rule: claim.rule,
    reason: claim.reason,
    wouldSettle: claim.level === 'confirmed' ? [] : wouldSettle(facts, ranked, leader, sight),
  };
}

/** Rules that name nobody. */
const NO_LEADER = new Set(['nothing-read', 'nothing-abnormal']);

/** Null when any latency, errors, traffic or resource was read: that a target answers its scrapes says little. */
function unreadOf({ series, gaps, spans, logs }: Facts['input']): string | null {
  const tells = series.some(
    ({ signal, perspective }) => signal !== 'other' && !(signal === 'availability' && perspective === 'self'),
  );
  if (tells || spans !== null || logs !== null) return null;
  const [first] = gaps;
  const why = first === undefined ? '' : ` (${first.source}: ${first.what}: ${first.reason})`;
  return `Nothing could be seen: no latency, errors, traffic or resources of any service were read${why}.`;
}

/** Data that were missing and would decide. */
function wouldSettle(
  { input, services, graph }: Facts,
  ranked: Ranked[],
  leader: Suspect | undefined,
  { missing }: Sight,
): string[] {
  const open = missing === null || leader === undefined ? [] : [missing];
  if (leader !== undefined) {
    const { seen } = services[graph.indexOf.get(leader.service)!]!;
    if (!seen.has('cpu') && !seen.has('memory')) open.push(`CPU and memory of ${leader.service}`);
    if (!seen.has('errors') && !seen.has('availability')) open.push(`Errors of ${leader.service}`);
    if (!seen.has('latency')) open.push(`Latency of ${leader.service}`);
  }
  if (input.spans === null) open.push('Traces of slow or failed requests');
  if (!graph.known && !open.includes(CALL_GRAPH)) open.push(CALL_GRAPH);
  const second = ranked[1];
  if (leader !== undefined && second !== undefined && second.belief > LIMITS.rivalBelief) {
    open.push(`Checks of ${graph.names[second.service]!}, the next likely service`);
  }
  if (input.changes.length === 0) open.push('Deploys and configuration changes around the onset');
  return open.slice(0, LIMITS.open);
}

/** Services that suffer, nearest to the cause first. */
function blastRadius({ graph, services }: Facts, cause: number | undefined): string[] {
  const hurt = services.flatMap(({ loudness }, service) => (loudness >= RANK.leastStrength ? [service] : []));
  const hops = cause === undefined ? null : hopsFrom(cause, graph.callers);
  const distance = (service: number): number => {
    const away = hops?.[service] ?? -1;
    return away < 0 ? Infinity : away;
  };
  return hurt
    .sort(
      (a, b) =>
        (distance(a) === distance(b) ? 0 : distance(a) - distance(b)) ||
        services[b]!.loudness - services[a]!.loudness ||
        a - b,
    )
    .slice(0, LIMITS.blastRadius)
    .map((service) => graph.names[service]!);
}

/** Suspects, fault types and changes that look like the cause and are not, with the reason. */
function ruledOut(facts: Facts, ranked: Ranked[], judgement: ChangeJudgement): Diagnosis['ruledOut'] {
  const { graph } = facts;
  const services = ranked
    .slice(1)
    .filter(isRuledOut)
    .flatMap(({ service, evidence }) => {
      const against = evidence.find(
        ({ stance, weight }) => stance === 'against' && weight >= LIMITS.leastWeight,
      );
      return against ? [{ what: graph.names[service]!, why: against.statement }] : [];
    });
  const changes = judgement.ranked
    .filter(({ change, probability }) => change !== judgement.trigger && probability < LIMITS.innocentBelow)
    .flatMap(({ change, probability, evidence }) => {
      const against = evidence.find(({ stance }) => stance === 'against');
      const why = against?.statement ?? `${wholePercent(probability)} likely to be the trigger.`;
      return [{ what: change.title || change.id, why }];
    });
  const [leader] = ranked;
  const kinds = leader === undefined || leader.score === 0 ? [] : kindsRuledOut(facts, leader.service);
  return [services, kinds, changes].flatMap((list) => list.slice(0, LIMITS.ruledOut));
}

/** Share of the callers' delay that has to pass on the way to a service for a network fault to remain possible. */
const LEAST_ON_THE_WAY = 0.2;

/** Fault types that the leading service does not have: by who measures its delay, and by checks that passed. */
function kindsRuledOut(facts: Facts, service: number): Diagnosis['ruledOut'] {
  const name = facts.graph.names[service]!;
  const absent = absentKinds(name, facts.input.checks).map(({ kind, why }) => ({
    what: `${FAULT_TYPE_WORDS[kind]} at ${name}`,
    why: `${why}.`,
  }));
  const delay = callersDelay(facts, service);
  if (delay === null || delay.onTheWay >= LEAST_ON_THE_WAY) return absent;
  const measured = `${quantity(delay.measuredInside, 's')} of the ${quantity(delay.seconds, 's')}`;
  const why = `${name} itself measures ${measured} by which its callers wait longer: the time is spent in ${name} or below it.`;
  return [{ what: `network at ${name}`, why }, ...absent];
}
