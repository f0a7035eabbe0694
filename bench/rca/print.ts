import type { Fit } from '../../analysis/calibration.js';
import { table, twoDigits as two, type Cell } from '../table.js';
import { blamesDecoy, commitIsRight, firstHit, type Accuracy } from './score.js';
import type { Group, Judged, Summary, compare } from './summary.js';

function accuracyCells(accuracy: Accuracy): Cell[] {
  return [accuracy.cases, two(accuracy.ac1), two(accuracy.ac3), two(accuracy.ac5), two(accuracy.avg5)];
}
const ACCURACY_HEAD = ['cases', 'AC@1', 'AC@3', 'AC@5', 'Avg@5'];

export function printGroups(groups: Group[]): string {
  return table(
    'Root cause service',
    ['by', 'group', ...ACCURACY_HEAD, 'kind right'],
    groups.map((group) => [group.by, group.name, ...accuracyCells(group), two(group.kindRight)]),
  );
}

export function printFaultKind({ faultKind }: Summary): string {
  return `\nFault kind right: ${two(faultKind.right)} of the ${faultKind.cases} cases whose service is right\n`;
}

export function printCalibration({ calibration, heldOut }: Summary): string {
  return (
    table(
      'Reliability of the confidence',
      ['confidence', 'cases', 'said', 'held'],
      calibration.bins.map((bin) => [
        `${two(bin.from)}-${two(bin.to)}`,
        bin.cases,
        two(bin.said),
        two(bin.held),
      ]),
    ) +
    `Expected calibration error: ${calibration.ece.toFixed(3)} ` +
    `(exact confidences would show ${calibration.byChance.toFixed(3)} on so few cases)\n` +
    heldOut.map(({ by, ece }) => `... fitted with ${by}: ${ece.toFixed(3)}\n`).join('')
  );
}

/** Each system told by constants that were fitted on all others, and what is fitted on all of them. */
export function printLeftOut({ leftOut, fit, groups }: Summary): string {
  if (leftOut.length === 0) return '';
  return (
    table(
      'Leave one system out: confidence fitted on all others',
      [
        'system',
        'cases',
        'ECE',
        'told 50 % +',
        'right',
        'innocent',
        'blamed',
        'temperature, nobody, above noise',
      ],
      leftOut.map((one) => [
        one.system,
        one.cases,
        one.ece.toFixed(3),
        one.told,
        one.toldRight,
        one.innocent,
        one.blamed,
        fitWords(one.fit),
      ]),
    ) + `Fitted on all ${groups[0]?.cases ?? 0} faulty cases and the innocent ones: ${fitWords(fit)}\n`
  );
}

function fitWords({ temperature, nobody, aboveNoise }: Fit): string {
  return [temperature, nobody, aboveNoise].join(', ');
}

/** How often the cause is among the candidates that are named together, beside how often that was said. */
export function printCandidates({ candidates }: Summary): string {
  return table(
    'Candidates named together',
    ['data set', 'cases', 'mean number', 'said', 'held'],
    candidates.map(({ name, cases, size, said, held }) => [name, cases, two(size), two(said), two(held)]),
  );
}

/** Per data set: how far confidences hold, and how many of the most certain answers are right. */
export function printConfidence({ confidence }: Summary): string {
  return (
    table(
      'Reliability by data set, healthy cases included',
      ['data set', 'confidence', 'cases', 'said', 'held', 'ECE'],
      confidence.flatMap(({ name, calibration: { bins, ece } }) =>
        bins.map((bin, index) => [
          name,
          `${two(bin.from)}-${two(bin.to)}`,
          bin.cases,
          two(bin.said),
          two(bin.held),
          index === 0 ? ece.toFixed(3) : '',
        ]),
      ),
    ) +
    table(
      'Risk against coverage: how many of the most certain answers are right',
      ['data set', 'the first quarter', 'half', 'three quarters', 'all'],
      confidence.map(({ name, coverage }) => [name, ...coverage.map(({ right }) => two(right))]),
    )
  );
}

export function printCommits({ commits }: Summary): string {
  if (commits.every(({ cases }) => cases === 0)) return '';
  return table(
    'Guilty change',
    ['cases where', 'cases', 'right', 'decoy blamed'],
    commits.map(({ by, cases, right, decoy }) => [by, cases, two(right), two(decoy)]),
  );
}

export function printInnocent({ innocent, innocentBySituation }: Summary): string {
  if (innocent.cases === 0) return '';
  return table(
    'No service is to blame',
    ['situation', 'cases', 'blame somebody', 'with 50 % and more', 'confirmed'],
    [{ name: 'all', ...innocent }, ...innocentBySituation].map((one) => [
      one.name,
      one.cases,
      two(one.blamed),
      two(one.told),
      two(one.confirmed),
    ]),
  );
}

export function printComparison(rows: ReturnType<typeof compare>): string {
  return table(
    'Beside reference methods, all on the same input',
    ['data set', 'method', ...ACCURACY_HEAD],
    rows.map(({ name, method, accuracy }) => [name, method, ...accuracyCells(accuracy)]),
  );
}

/** One row per variant, one pair of columns per data set. */
export function printAblation(variants: { name: string; summary: Summary }[]): string {
  const first = variants[0]!.summary;
  const sets = first.groups.filter(({ by }) => by === 'data set').map(({ name }) => name);
  const pair = (summary: Summary, by: Group['by'], name: string): string => {
    const group = summary.groups.find((candidate) => candidate.by === by && candidate.name === name);
    return group ? `${two(group.ac1)} ${two(group.ac3)}` : '';
  };
  return table(
    'What each kind of evidence adds (AC@1 AC@3)',
    ['given', 'all', ...sets, 'fault kind', 'change', 'ECE'],
    variants.map(({ name, summary }) => [
      name,
      pair(summary, 'all', 'all'),
      ...sets.map((set) => pair(summary, 'data set', set)),
      two(summary.faultKind.right),
      two(summary.commits.find(({ by }) => by === 'all')?.right ?? 0),
      summary.calibration.ece.toFixed(3),
    ]),
  );
}

function shorten(name: string): string {
  return name.length <= 24 ? name : `${name.slice(0, 23)}…`;
}

/** Every case whose service, fault kind or change was not answered right. */
export function printMisses(judged: Judged[]): string {
  const rows = judged.flatMap(({ run, label }): Cell[][] => {
    const answer = run.answers[0]!;
    const hit = firstHit(answer.services, label.services);
    const wrong = [
      ...(label.services.length > 0 && hit !== 1 ? [`service (true one at ${hit ?? '-'})`] : []),
      ...(hit === 1 && label.faultKinds.length > 0 && !label.faultKinds.includes(answer.faultKind)
        ? ['kind']
        : []),
      ...(label.commit !== null && !commitIsRight(answer.commit, label.commit) ? ['change'] : []),
      ...(blamesDecoy(answer.commit, label.decoys) ? ['decoy'] : []),
    ];
    if (wrong.length === 0) return [];
    return [
      [
        run.id,
        label.faultType,
        label.services.map(shorten).join(' '),
        wrong.join(', '),
        answer.services.slice(0, 3).map(shorten).join(' > '),
        answer.faultKind,
        two(answer.confidence),
      ],
    ];
  });
  return table(
    'Not answered right',
    ['case', 'fault', 'truth', 'wrong', 'answer', 'kind', 'confidence'],
    rows,
  );
}

/** Seconds per diagnosis, in all, and the highest memory of the process. */
export function printCost(seconds: number[], wallSeconds: number): string {
  const sorted = seconds.slice().sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1] ?? 0;
  const peak = process.resourceUsage().maxRSS / 1024;
  return (
    `\nDiagnosis: median ${middle.toFixed(3)} s, slowest ${(sorted.at(-1) ?? 0).toFixed(3)} s; ` +
    `everything with reading: ${wallSeconds.toFixed(1)} s; peak memory ${peak.toFixed(0)} MiB\n`
  );
}
