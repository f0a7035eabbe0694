import type { FaultKind } from '../../model/diagnosis.js';
import type { Change } from '../../model/change.js';
import { finding, type Finding } from '../evidence/finding.js';
import { sliceFindings } from '../evidence/slices.js';
import type { Facts } from '../facts.js';
import type { CausalChange } from '../fault-kind.js';
import type { Ranked } from '../rank.js';
import { wholePercent } from '../../model/wording.js';
import { isSettings } from './diff.js';
import { effectOf } from './effect.js';
import { judgeChanges, type ChangeJudgement, type ChangeQuestion } from './index.js';
import { outsideLoad } from './load.js';
import { EVIDENCE, LEAST_PROBABILITY, METRICS_NAMED, OUTSIDE_EVIDENCE } from './weights.js';

/** What the changes say about an incident. */
export interface ChangeFindings {
  judgement: ChangeJudgement;
  /** Evidence for the services that the likelier changes concern. */
  found: Finding[];
}

/**
 * Judges the changes once it is known who is suspected without them (`ranked`, best first), so that a deploy
 * can make a suspect likelier but cannot make one. Where nothing moved there is nothing that a change could have
 * triggered.
 */
export function changeFindings(facts: Facts, ranked: Ranked[]): ChangeFindings {
  const { input, grid, graph, begin, moves } = facts;
  const suspects = ranked.filter(({ score }) => score > 0).map(({ service }) => graph.names[service]!);
  if (begin === null || suspects.length === 0) {
    const outside = { share: 0, signs: [], expired: false, voices: [] };
    return { judgement: { none: 1, noneEvidence: [], outside, ranked: [], trigger: null }, found: [] };
  }
  const onset = { time: grid.start + begin * grid.width, uncertaintySeconds: grid.width };
  const [leader] = suspects;
  const loud = moves
    .filter(({ series: { subject } }) => subject.kind === 'service' && subject.service === leader)
    .sort((a, b) => b.strength - a.strength || (a.series.id < b.series.id ? -1 : 1));
  const load = outsideLoad(input.series, [leader!, input.anomaly.service], onset);
  const question: ChangeQuestion = {
    changes: input.changes,
    onset,
    alert: { service: input.anomaly.service, time: input.anomaly.time, title: input.anomaly.title ?? '' },
    suspects,
    metrics: loud.slice(0, METRICS_NAMED).map(({ series }) => series.name),
    logs: input.logs,
    graph: input.graph,
    outside: load === null ? [] : [load],
    slices: sliceFindings(facts),
  };
  const judgement = judgeChanges(question);
  return { judgement, found: [...guiltFindings(facts, judgement), ...outsideFindings(facts, judgement)] };
}

/** Evidence for the services of the changes that are likelier to be the trigger than none is. */
function guiltFindings({ input, graph }: Facts, { ranked, none }: ChangeJudgement): Finding[] {
  return ranked
    .filter(({ probability }) => probability >= LEAST_PROBABILITY && probability > none)
    .flatMap(({ change, probability, evidence }) =>
      effectOf(change, input.changes, graph.names).services.flatMap((name) => {
        const service = graph.indexOf.get(name);
        if (service === undefined) return [];
        const why = evidence.map(({ statement }) => statement).join(' ');
        return [
          finding(service, {
            observation: `change ${change.id}`,
            kind: 'change',
            weight: EVIDENCE * probability,
            statement: `${change.title || change.id}: ${wholePercent(probability)} likely to be the trigger. ${why}`,
            changeId: change.id,
            kinds: kindOf(change).map((kind): [FaultKind, number] => [kind, EVIDENCE * probability]),
          }),
        ];
      }),
    );
}

/** Evidence for the services whose failing log lines speak of something outside: for the kind of fault above all. */
function outsideFindings({ graph }: Facts, { outside }: ChangeJudgement): Finding[] {
  return outside.voices.flatMap(({ service: name, kind, share }) => {
    const service = graph.indexOf.get(name);
    if (service === undefined) return [];
    return [
      finding(service, {
        observation: `log outside ${kind}`,
        kind: 'log',
        weight: OUTSIDE_EVIDENCE * share,
        statement: `${wholePercent(share)} of its new kinds of error log lines are about ${SIGN_WORDS[kind] ?? kind}.`,
        kinds: [[kind, EVIDENCE * share]],
      }),
    ];
  });
}

const SIGN_WORDS: Partial<Record<FaultKind, string>> = {
  configuration: 'an expired certificate',
  network: 'names that do not resolve',
  host: 'the host',
  disk: 'a full disk',
  'traffic-surge': 'rate limits',
  'external-provider': 'an external provider',
};

/**
 * The change behind the fault, if a triggering change of the service deals with what fails. That it merely came shortly
 * before says no more of the kind than what the machine shows.
 */
export function causalChangeOf(
  facts: Facts,
  service: number,
  { trigger, ranked }: ChangeJudgement,
): CausalChange | null {
  const judged = ranked.find(({ change }) => change === trigger);
  if (judged === undefined || !judged.evidence.some(({ stance }) => stance === 'for')) return null;
  const { services } = effectOf(judged.change, facts.input.changes, facts.graph.names);
  if (!services.includes(facts.graph.names[service]!)) return null;
  return { kinds: kindOf(judged.change), probability: judged.probability };
}

/** The kind of fault that a triggering change of this kind is. */
function kindOf({ kind, files }: Change): FaultKind[] {
  switch (kind) {
    case 'deploy':
      // A release of nothing but settings is a change of configuration.
      return files.length > 0 && files.every(isSettings) ? ['configuration'] : ['code-change'];
    case 'config':
    case 'flag':
    case 'scaling':
      return ['configuration'];
    case 'infrastructure':
      return ['host'];
    case 'restart':
      return [];
    case 'other':
      return files.length > 0 && files.every(isSettings) ? ['configuration'] : ['code-change'];
  }
}
