import { wholePercent } from '../../model/wording.js';
import type { Change } from '../../model/change.js';
import type { ServiceGraph } from '../../model/graph.js';
import type { SliceFinding } from '../../model/slices.js';
import type { LogTable } from '../../model/telemetry.js';
import { versionEvidence } from './versions.js';
import { readChange, type ChangeText } from './diff.js';
import { describeFailure, type Failure, type Outside } from './failure.js';
import { effectOf, placeOf, undoneAt, type Effect, type Where } from './effect.js';
import * as weights from './weights.js';

/** What is asked about the changes of an incident. Times are unix seconds. */
export interface ChangeQuestion {
  changes: Change[];
  /** When it began, as far as is known from the series; log lines may show an earlier moment. */
  onset: { time: number; uncertaintySeconds: number };
  alert: { service: string; time: number; title: string };
  /** Services where it may have begun, best first. */
  suspects: string[];
  /** Names of the metrics that moved. */
  metrics: string[];
  logs: LogTable | null;
  graph: ServiceGraph;
  /** Anything else that speaks for a cause outside of all changes, with its strength from 0 to 1. */
  outside: { statement: string; strength: number }[];
  /** Which versions of services suffer, as far as that was compared. */
  slices?: SliceFinding[];
}

/** One reason to believe in the guilt of a change, or not to. */
export interface ChangeEvidence {
  stance: 'for' | 'against';
  /** In natural logarithms of odds. */
  weight: number;
  statement: string;
}

export interface JudgedChange {
  change: Change;
  /** Probability that this change is the cause. */
  probability: number;
  /** Seconds from its effect to the onset; negative when it came later, null when it never took effect. */
  lagSeconds: number | null;
  evidence: ChangeEvidence[];
}

export interface ChangeJudgement {
  /** Probability that no change is trigger. Together with those of the changes it is 1. */
  none: number;
  /** Why it may be none. */
  noneEvidence: ChangeEvidence[];
  /** What the logs say of a cause outside of all changes. */
  outside: Outside;
  /** Best first. */
  ranked: JudgedChange[];
  /** The likeliest change, when it is likelier than none; null otherwise. */
  trigger: Change | null;
}

interface Candidate extends JudgedChange {
  score: number;
}

/**
 * Which change is trigger, if any. A cause precedes its effect and is soon followed by it; it concerns the
 * service that fails, what that calls, or something shared; and it deals with the things that fail: rare words
 * of its diff are the words of the failure, weighed by inverse document frequency over the case's own changes
 * (Spärck Jones, 1972). What only moves code, words an answer or raises a patch version is held for harmless.
 * Changes compete with each other and with the hypothesis that none is trigger, which gains when the failure
 * speaks of something outside. Deterministic; the order of the input does not matter.
 */
export function judgeChanges(question: ChangeQuestion): ChangeJudgement {
  const { onset, alert, suspects, graph } = question;
  // In one order whatever the order of the input: sums of floating-point numbers depend on it.
  const changes = [...question.changes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const services = [
    ...new Set([...graph.services, ...changes.flatMap(({ service }) => service ?? []), alert.service]),
  ].sort();
  const failure = describeFailure({
    alertTime: alert.time,
    onset: onset.time,
    title: alert.title,
    metrics: question.metrics,
    services,
    suspects,
    logs: question.logs,
  });
  const began = Math.min(onset.time, failure.firstLine ?? Infinity);
  const slack = Math.max(
    weights.ONSET_SLACK,
    failure.firstLine !== null && failure.firstLine <= onset.time ? 0 : onset.uncertaintySeconds,
  );
  const texts = changes.map(readChange);
  const rarity = rarityOf(texts);

  const candidates = changes.flatMap((change, index): Candidate[] => {
    const text = texts[index]!;
    const effect = effectOf(change, changes, services);
    const link = linkOf(text, failure, rarity);
    // A commit that no deploy names is only a candidate when its words link it to the failure.
    if (!effect.named && link.share < weights.LINKED) return [];
    const evidence = [
      // A process that starts anew after the trouble began was put down by it, as its exact time tells.
      timing(effect, began, change.kind === 'restart' ? onset.uncertaintySeconds : slack, failure.filledUp),
      undoing(undoneAt(change, changes), began, slack),
      location(placeOf(effect.services, [...suspects.slice(0, 1), ...failure.services], graph)),
      // Without a log line the failure is hardly put in words: to share none of them says nothing.
      wording(link, text.readable && failure.firstLine !== null),
      harmlessness(text),
      versionEvidence(change, question.slices ?? []),
    ].flatMap((one) => one ?? []);
    const score = evidence.reduce(
      (sum, { stance, weight }) => sum + (stance === 'for' ? weight : -weight),
      0,
    );
    const lagSeconds = effect.time === null ? null : began - effect.time;
    return [{ change, probability: 0, lagSeconds, evidence, score }];
  });

  const noneEvidence = outsideEvidence(failure, question.outside);
  const noneScore = noneEvidence.reduce((sum, { weight }) => sum + weight, weights.NO_CHANGE);
  const total = candidates.reduce((sum, { score }) => sum + Math.exp(score), Math.exp(noneScore));
  const none = Math.exp(noneScore) / total;
  const ranked = candidates
    .map(({ score, ...judged }) => ({ ...judged, probability: Math.exp(score) / total }))
    .sort((a, b) => b.probability - a.probability || (a.change.id < b.change.id ? -1 : 1));
  const first = ranked[0];
  const trigger =
    first !== undefined && first.probability >= weights.GUILTY_FROM && first.probability > none
      ? first.change
      : null;
  return { none, noneEvidence, outside: failure.outside, ranked, trigger };
}

/**
 * How rare each word is among the changes: 1 for a word of one change, near 0 for a word of all. A word that
 * only stands near a change counts little.
 */
function rarityOf(texts: ChangeText[]): (stem: string) => number {
  const holders = new Map<string, number>();
  for (const { words } of texts) {
    for (const [stem, { weight }] of words) holders.set(stem, (holders.get(stem) ?? 0) + weight);
  }
  const scale = Math.log(texts.length + 1);
  return (stem) => Math.log((texts.length + 1) / Math.max(1, holders.get(stem) ?? 1)) / scale;
}

interface Link {
  /** 0: no word in common with the failure; towards 1: many rare ones. */
  share: number;
  /** The words that link most, best first. */
  words: string[];
}

function linkOf(text: ChangeText, failure: Failure, rarity: (stem: string) => number): Link {
  const matches = [...text.words].flatMap(([stem, { weight, written }]) => {
    const inFailure = failure.words.get(stem);
    return inFailure === undefined ? [] : [{ written, weight: weight * inFailure * rarity(stem) }];
  });
  matches.sort((a, b) => b.weight - a.weight || (a.written < b.written ? -1 : 1));
  const sum = matches.reduce((all, { weight }) => all + weight, 0);
  return {
    share: 1 - Math.exp(-sum / weights.WORDS_ENOUGH),
    words: matches
      .filter(({ weight }) => weight >= matches[0]!.weight / 4)
      .slice(0, 4)
      .map(({ written }) => written),
  };
}

function timing(effect: Effect, began: number, slack: number, filledUp: boolean): ChangeEvidence {
  if (effect.time === null) return against(weights.TOO_LATE, 'No deploy after it carried it out.');
  const lag = began - effect.time;
  if (lag < -slack) return against(weights.TOO_LATE, `Took effect ${inWords(-lag)} after the onset.`);
  const scale = filledUp ? weights.LAG_SECONDS_OF_LEAKS : weights.LAG_SECONDS;
  const weight = Math.log1p(Math.max(0, lag) / scale);
  return against(weight, `Took effect ${inWords(Math.max(0, lag))} before the onset.`);
}

function undoing(at: number | null, began: number, slack: number): ChangeEvidence | null {
  if (at === null || at > began - slack) return null;
  return against(weights.UNDONE, `Was rolled back ${inWords(began - at)} before the onset.`);
}

function location(where: Where): ChangeEvidence | null {
  if (where === 'suspect') return null;
  const statement = {
    failing: 'It is on another service that fails too.',
    callee: 'It is on a service that the failing ones call.',
    shared: 'It belongs to no single service.',
    caller: 'It is on a service that calls the failing one.',
    unrelated: 'It is on a service that has nothing to do with the failure.',
  }[where];
  return against(weights.ELSEWHERE[where], statement);
}

/** What a change shares with the failure speaks for it; to be readable and share little speaks against it. */
function wording({ share, words }: Link, readable: boolean): ChangeEvidence | null {
  const weight = weights.SAME_WORDS * share - (readable ? weights.READ_AND_UNRELATED : 0);
  if (weight === 0) return null;
  if (weight > 0) return { stance: 'for', weight, statement: `It touches what fails: ${words.join(', ')}.` };
  return against(
    -weight,
    words.length === 0
      ? 'Nothing in it is named by the failure.'
      : `It has little in common with what fails: ${words.join(', ')}.`,
  );
}

function harmlessness(text: ChangeText): ChangeEvidence | null {
  if (text.harm === 'substantial') return null;
  const statement = {
    'inert-files': 'Touches only documentation, tests, styles or build scripts.',
    'comments-only': 'Changes only comments or spacing.',
    'says-only': 'Changes only texts in logs or answers.',
    moved: 'Moves code without changing what it does.',
    restores: 'Restores the version that ran before.',
    'patch-bump': 'Raises only the patch version of a dependency.',
    'minor-bump': 'Raises the minor version of a dependency.',
  }[text.harm];
  return against(weights.HARMLESS[text.harm], statement);
}

function outsideEvidence(failure: Failure, more: ChangeQuestion['outside']): ChangeEvidence[] {
  const { share, signs, expired } = failure.outside;
  const fromLogs = {
    statement: `${wholePercent(share)} of the new kinds of error log lines are about ${signs.join(', ')}.`,
    strength: expired ? share * weights.EXPIRY : share,
  };
  return [fromLogs, ...more]
    .filter(({ strength }) => strength > 0)
    .map(({ statement, strength }) => ({
      stance: 'for',
      weight: weights.OUTSIDE_CAUSE * strength,
      statement,
    }));
}

function against(weight: number, statement: string): ChangeEvidence {
  return { stance: 'against', weight, statement };
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
