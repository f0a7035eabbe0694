import { heldOut, type HeldOut } from './held-out.js';
import type { Label } from './labels.js';
import type { Answer, CaseRun } from './run-case.js';
import {
  accuracyOf,
  accuracyOfChances,
  blamesDecoy,
  calibrationOf,
  chancesOfRandom,
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
  by: 'all' | 'data set' | 'fault' | 'evidence';
  name: string;
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
  commits: CommitScore[];
  innocent: InnocentScore;
}

/** How cases were answered in which nobody is to blame: the label names neither a service nor a commit. */
export interface InnocentScore {
  cases: number;
  /** Share in which a service was suspected or worse, told with 80 % and more, and confirmed. */
  blamed: number;
  sure: number;
  confirmed: number;
}

/** Scores the answers of one variant (by its place). Cases whose label names no service only count for commits. */
export function summarise(judged: Judged[], variant = 0): Summary {
  const located = judged.filter(({ label }) => label.services.length > 0);
  const answerOf = ({ run }: Judged): Answer => run.answers[variant]!;
  const hitOf = (item: Judged): number | null => firstHit(answerOf(item).services, item.label.services);
  const group = (by: Group['by'], nameOf: (item: Judged) => string): Group[] =>
    partition(located, nameOf).map(([name, items]) => ({ by, name, ...accuracyOf(items.map(hitOf)) }));

  const kinds = located.filter((item) => hitOf(item) === 1 && item.label.faultKinds.length > 0);
  const kindRight = kinds.filter((item) => item.label.faultKinds.includes(answerOf(item).faultKind));
  return {
    groups: [
      ...group('all', () => 'all'),
      ...group('data set', ({ run }) => run.dataset),
      ...group('fault', ({ label }) => label.faultType),
      ...group('evidence', (item) => answerOf(item).evidence),
    ],
    faultKind: { cases: kinds.length, right: share(kindRight.length, kinds.length) },
    calibration: calibrationOf(
      located.map((item) => ({ confidence: answerOf(item).confidence, right: hitOf(item) === 1 })),
    ),
    heldOut: heldOut(
      located.map((item) => {
        const { scores, confidence } = answerOf(item);
        const { id, dataset } = item.run;
        return { id, dataset, scores, confidence, right: hitOf(item) === 1 };
      }),
    ),
    commits: commitScores(judged, answerOf),
    innocent: innocentScore(
      judged.filter(({ label }) => label.services.length === 0 && label.commit === null).map(answerOf),
    ),
  };
}

const SURE = 0.8;

function innocentScore(answers: Answer[]): InnocentScore {
  const shareOf = (wanted: (answer: Answer) => boolean): number =>
    share(answers.filter(wanted).length, answers.length);
  return {
    cases: answers.length,
    blamed: shareOf(({ verdict }) => verdict !== 'inconclusive'),
    sure: shareOf(({ verdict, confidence }) => verdict !== 'inconclusive' && confidence >= SURE),
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
