import type { Series } from '../../model/series.js';
import { quantity, wholePercent } from '../../model/wording.js';
import type { Facts } from '../facts.js';
import { loudestSymptom, type ServiceFacts } from '../service-facts.js';
import type { Deviation } from '../series/deviation.js';
import { accountsFor } from '../story.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * What a service does to those who call it, and whether its own callees do the same to it: symptoms travel
 * against the direction of calls, so a symptom that a callee shows as well is no reason to suspect the caller.
 */
export function symptomEvidence(facts: Facts, blamed: ReadonlyMap<number, Blame>): Finding[] {
  const { graph, services } = facts;
  return services.flatMap((own, service) => {
    const move = loudestSymptom(own);
    if (move === undefined) return [];
    const shown = inAlertStatistic(facts, own, move);
    const weight = Math.min(own.loudness, RANK.loudest);
    const name = graph.names[service]!;
    const findings = [
      finding(service, {
        observation: `symptom of ${name}`,
        kind: 'local-symptom',
        weight: RANK.symptom * weight,
        statement: `${describe(shown, name)}.`,
        move: shown,
      }),
    ];
    const gone = vanishedBehind(facts, service);
    const blame = blamed.get(service);
    if (gone !== undefined) {
      findings.push(
        finding(service, {
          observation: `callees of ${name}`,
          kind: 'contradiction',
          stance: 'against',
          weight: RANK.symptom * weight * RANK.explained,
          statement: `${graph.names[gone]!}, which it ${graph.known ? 'calls' : 'may call'}, no longer reports metrics.`,
        }),
      );
      return findings;
    }
    if (blame !== undefined) {
      findings.push(
        finding(service, {
          observation: `callees of ${name}`,
          kind: 'contradiction',
          stance: 'against',
          weight: RANK.symptom * weight * blame.share * RANK.explained,
          statement: `${graph.names[blame.callee]!}, which it calls, has the same symptom: ${describe(blame.move, graph.names[blame.callee]!)}.`,
          move: blame.move,
        }),
      );
    }
    const hidden = hiddenShare(facts, service, move);
    if (blame === undefined && hidden > 0) {
      findings.push(
        finding(service, {
          observation: `callees of ${name}`,
          kind: 'contradiction',
          stance: 'against',
          weight: RANK.symptom * weight * hidden * RANK.hidden,
          statement: `The ${move.series.signal} of ${wholePercent(hidden)} of the services that ${name} calls is not measured: any of them may be the cause.`,
        }),
      );
    } else if (blame === undefined && graph.callees[service]!.length > 0) {
      findings.push(
        finding(service, {
          observation: `callees of ${name}`,
          kind: 'unexplained-by-callees',
          weight: RANK.unexplained * Math.min(1, weight / RANK.clearStrength),
          statement: `No service that ${name} calls shows a symptom that would explain this.`,
        }),
      );
    }
    return findings;
  });
}

/**
 * The symptom as it is shown: in the statistic of the alerting service's own symptom (p95 beside p95), where the
 * service has that on the same side; it weighs what its strongest statistic weighs.
 */
function inAlertStatistic(
  { services, alerting, story }: Facts,
  own: ServiceFacts,
  move: Deviation,
): Deviation {
  const alert = services[alerting]!.symptoms.find(
    ({ series, strength }) => story.signals.includes(series.signal) && strength >= RANK.leastStrength,
  );
  const { signal, perspective } = move.series;
  const same = own.symptoms.find(
    ({ series, strength }) =>
      series.name === alert?.series.name &&
      series.signal === signal &&
      series.perspective === perspective &&
      strength >= RANK.leastStrength,
  );
  return same ?? move;
}

/** A callee that stopped reporting; where no calls are known at all, any service that did. */
function vanishedBehind(facts: Facts, service: number): number | undefined {
  const { graph, vanished } = facts;
  if (graph.known) return graph.callees[service]!.find((callee) => vanished.has(callee));
  return vanished.has(service) ? undefined : [...vanished.keys()][0];
}

/** The callee whose symptom accounts for a service's own, and for which share of it. */
export interface Blame {
  callee: number;
  share: number;
  move: Deviation;
}

/** For each service with a symptom the callee that accounts for most of it, if any does. */
export function blameOf(facts: Facts): Map<number, Blame> {
  const heard = new Map<number, Deviation[]>();
  const blamed = new Map<number, Blame>();
  for (const [service, own] of facts.services.entries()) {
    const move = loudestSymptom(own);
    if (move === undefined) continue;
    const blame = loudestCallee(facts, heard, service, move);
    if (blame !== null) blamed.set(service, blame);
  }
  return blamed;
}

/** The callee whose symptom accounts for most of `move`; null when none does. */
function loudestCallee(
  { graph, services, traffic, doubt }: Facts,
  heard: Map<number, Deviation[]>,
  service: number,
  move: Deviation,
): Blame | null {
  let best: Blame | null = null;
  for (const callee of graph.callees[service]!) {
    // A callee of many is only listened to once.
    const symptoms =
      heard.get(callee) ??
      services[callee]!.symptoms.map((one) => ({ ...one, strength: one.strength * (1 - doubt(one)) }));
    heard.set(callee, symptoms);
    const theirs = { theirs: traffic[callee]!, mine: traffic[service]! };
    const accounted = accountsFor(symptoms, move, theirs);
    if (
      accounted !== null &&
      accounted.share >= RANK.leastExplained &&
      accounted.share > (best?.share ?? 0)
    ) {
      best = { callee, ...accounted };
    }
  }
  return best;
}

/** Share of the callees that could show the same symptom but have no such metric. */
function hiddenShare({ graph, services }: Facts, service: number, { series }: Deviation): number {
  const callees = graph.callees[service]!.filter((callee) => services[callee]!.seen.size > 0);
  const blind = callees.filter((callee) => {
    const { seen } = services[callee]!;
    return series.signal === 'latency'
      ? !seen.has('latency')
      : !seen.has('errors') && !seen.has('availability');
  });
  return callees.length === 0 ? 0 : blind.length / callees.length;
}

export function describe(move: Deviation, service: string): string {
  return movementWords(move.series, service, move);
}

/** `latency p95 of cart rose from 20 ms to 1 s`; for a call, from whom to whom. Values in the series' unit. */
export function movementWords(
  { name, unit, subject }: Series,
  service: string,
  { before, after, sign }: Pick<Deviation, 'before' | 'after' | 'sign'>,
): string {
  const where =
    subject.kind === 'edge' ? `${name} from ${subject.caller} to ${subject.callee}` : `${name} of ${service}`;
  // `processes of cart fell from 1 to 0`, not from `1 processes`.
  const shown = name.split(' ').includes(unit) ? '' : unit;
  return `${where} ${sign === 1 ? 'rose' : 'fell'} from ${quantity(before, shown)} to ${quantity(after, shown)}`;
}
