import type { Fit } from '../../analysis/calibration.js';
import { fitted, leaveOneSystemOut, type LeftOut, type Scored } from './fit.js';
import { heldOut, type HeldOut, type Told } from './held-out.js';
import type { Label } from './labels.js';
import type { Answer, CaseRun } from './run-case.js';
import {
  accuracyOf,
  accuracyOfChances,
  blamesDecoy,
  calibrationOf,
  chancesOfRandom,
  coverageOf,
  commitIsRight,
  firstHit,
  type Accuracy,
  type Calibration,
} from './score.js';

/** A case that was answered, with its label. */
export interface Judged {
  run: CaseRun;
  label: Label;
}

export interface Group extends Accuracy {
  by: 'all' | 'data set' | 'situation' | 'fault' | 'evidence';
  name: string;
  /** Share of the cases whose service is right, and whose label tells a kind, in which the kind is right too. */
  kindRight: number;
}

export interface CommitScore {
  by: string;
  cases: number;
  /** Share of cases where the guilty commit, or `none`, was named. */
  right: number;
  /** Share of cases where a decoy was blamed. */
  decoy: number;
}

/** All that is measured of one variant. */
export interface Summary {
  groups: Group[];
  faultKind: { cases: number; right: number };
  calibration: Calibration;
  heldOut: HeldOut[];
  /** Each system by a fit on the others, and the fit on all; empty where there is but one. */
  leftOut: LeftOut[];
  fit: Fit;
  candidates: CandidateScore[];
  /** The confidence of each data set. */
  confidence: DataSetConfidence[];
  commits: CommitScore[];
  innocent: InnocentScore;
  innocentBySituation: ({ name: string } & InnocentScore)[];
}

/** How often a cause is among the candidates of its case, where there is a cause and any are named. */
export interface CandidateScore {
  name: string;
  cases: number;
  /** Means: how many are named, and how surely the cause is said to be among them. */
  size: number;
  said: number;
  held: number;
}

/** How far the confidence holds on one data set, its healthy cases included: whoever is blamed there is innocent. */
export interface DataSetConfidence {
  name: string;
  calibration: Calibration;
  coverage: ReturnType<typeof coverageOf>;
}

/** How cases were answered in which nobody is to blame: the label names neither a service nor a commit. */
export interface InnocentScore {
  cases: number;
  /** Share in which a service was suspected or worse, named with 50 % and more, and confirmed. */
  blamed: number;
  told: number;
  confirmed: number;
}

/** Scores the answers of one variant (by its place). Cases whose label names no service only count for commits. */
export function summarise(judged: Judged[], variant = 0): Summary {
  const located = judged.filter(({ label }) => label.services.length > 0);
  const answerOf = ({ run }: Judged): Answer => run.answers[variant]!;
  const hitOf = (item: Judged): number | null => firstHit(answerOf(item).services, item.label.services);
  const kindsOf = (items: Judged[]): Summary['faultKind'] => {
    const told = items.filter((item) => hitOf(item) === 1 && item.label.faultKinds.length > 0);
    const right = told.filter((item) => item.label.faultKinds.includes(answerOf(item).faultKind));
    return { cases: told.length, right: share(right.length, told.length) };
  };
  const group = (by: Group['by'], nameOf: (item: Judged) => string): Group[] =>
    partition(located, nameOf).map(([name, items]) => {
      const kindRight = kindsOf(items).right;
      return { by, name, ...accuracyOf(items.map(hitOf)), kindRight };
    });

  const told = [...located, ...judged.filter(isHealthy)].map((item): Told => {
    const { id, dataset } = item.run;
    const { confidence, faultKind } = answerOf(item);
    const right = hitOf(item) === 1 || blamesNoService(item, faultKind);
    return { id, dataset, confidence, right };
  });
  const scored = [...located, ...judged.filter(isHealthy)].map((item): Scored => {
    const { scores, doubts, most, faultKind } = answerOf(item);
    const { id, dataset } = item.run;
    const right = hitOf(item) === 1 || blamesNoService(item, faultKind);
    return {
      ...{ id, scores, doubts, most, right },
      system: dataset.startsWith('worlds-') ? 'worlds' : dataset,
      isInnocent: isHealthy(item),
    };
  });
  return {
    leftOut: leaveOneSystemOut(scored),
    fit: fitted(scored),
    candidates: partition(located, ({ run }) => run.dataset).map(([name, items]) =>
      candidateScore(name, items, answerOf),
    ),
    groups: [
      ...group('all', () => 'all'),
      ...group('data set', ({ run }) => run.dataset),
      ...group('situation', ({ label }) => label.situation),
      ...group('fault', ({ label }) => label.faultType),
      ...group('evidence', (item) => answerOf(item).evidence),
    ],
    faultKind: kindsOf(located),
    calibration: calibrationOf(told),
    heldOut: heldOut(told),
    confidence: partition(told, ({ dataset }) => dataset).map(([name, items]) => ({
      name,
      calibration: calibrationOf(items, 0.2),
      coverage: coverageOf(items),
    })),
    commits: commitScores(judged, answerOf),
    innocent: innocentScore(judged.filter(isHealthy), answerOf),
    innocentBySituation: partition(judged.filter(isHealthy), ({ label }) => label.situation).map(
      ([name, items]) => ({ name, ...innocentScore(items, answerOf) }),
    ),
  };
}

function candidateScore(name: string, items: Judged[], answerOf: (item: Judged) => Answer): CandidateScore {
  const named = items.flatMap((item) => {
    const { candidates } = answerOf(item);
    const { services } = item.label;
    return candidates === null
      ? []
      : [{ ...candidates, held: candidates.services.some((one) => services.includes(one)) }];
  });
  const mean = (valueOf: (one: (typeof named)[number]) => number): number =>
    share(
      named.reduce((sum, one) => sum + valueOf(one), 0),
      named.length,
    );
  return {
    name,
    cases: named.length,
    size: mean(({ services }) => services.length),
    said: mean(({ coverage }) => coverage),
    held: mean(({ held }) => Number(held)),
  };
}

const TOLD = 0.5;

/** No service is to blame: the label names none, and no commit. */
function isHealthy({ label }: Judged): boolean {
  return label.services.length === 0 && (label.commit === null || label.commit === 'none');
}

/** Where all suffer alike, from something that no service is, its kind is the right answer, whoever is named. */
function blamesNoService(item: Judged, kind: Answer['faultKind']): boolean {
  return isHealthy(item) && item.label.faultKinds.includes(kind);
}

function innocentScore(judged: Judged[], answerOf: (item: Judged) => Answer): InnocentScore {
  const shareOf = (wanted: (answer: Answer) => boolean): number =>
    share(
      judged.filter((item) => {
        const answer = answerOf(item);
        return !blamesNoService(item, answer.faultKind) && wanted(answer);
      }).length,
      judged.length,
    );
  return {
    cases: judged.length,
    blamed: shareOf(({ verdict }) => verdict !== 'inconclusive'),
    told: shareOf(({ confidence }) => confidence >= TOLD),
    confirmed: shareOf(({ verdict }) => verdict === 'confirmed'),
  };
}

function commitScores(judged: Judged[], answerOf: (item: Judged) => Answer): CommitScore[] {
  const about = judged.filter(({ label }) => label.commit !== null);
  return [
    ...partition(about, () => 'all'),
    ...partition(about, ({ label }) =>
      label.commit === 'none' ? 'no change is guilty' : 'a change is guilty',
    ),
  ].map(([by, items]) => {
    const right = items.filter((item) => commitIsRight(answerOf(item).commit, item.label.commit!));
    const decoy = items.filter((item) => blamesDecoy(answerOf(item).commit, item.label.decoys));
    return {
      by,
      cases: items.length,
      right: share(right.length, items.length),
      decoy: share(decoy.length, items.length),
    };
  });
}

/** Each method's accuracy per data set, the random one in expectation. */
export function compare(judged: Judged[]): { method: string; name: string; accuracy: Accuracy }[] {
  const located = judged.filter(({ label }) => label.services.length > 0);
  return [...partition(located, () => 'all'), ...partition(located, ({ run }) => run.dataset)].flatMap(
    ([name, items]) => {
      const methods = Object.keys(items[0]?.run.baselines ?? {});
      const rowFor = (method: string, rank: (run: CaseRun) => string[]) => ({
        method,
        name,
        accuracy: accuracyOf(items.map(({ run, label }) => firstHit(rank(run), label.services))),
      });
      const chances = items.map(({ run, label }) =>
        chancesOfRandom(
          run.candidates.length,
          label.services.filter((service) => run.candidates.includes(service)).length,
        ),
      );
      return [
        { method: 'random', name, accuracy: accuracyOfChances(chances) },
        ...methods.map((method) => rowFor(method, (run) => run.baselines[method]!)),
        rowFor('Faultline', (run) => run.answers[0]!.services),
      ];
    },
  );
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Groups in the order of their names. */
function partition<T>(items: T[], nameOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
