import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { Piscina } from 'piscina';
import { readLabel } from './labels.js';
import { findCases } from './read-case.js';
import type { Answer, CaseRun, Task, Variant } from './run-case.js';
import { compare, summarise, type Judged } from './summary.js';
import {
  printAblation,
  printCalibration,
  printCandidates,
  printCommits,
  printComparison,
  printConfidence,
  printCost,
  printFaultKind,
  printGroups,
  printInnocent,
  printLeftOut,
  printMisses,
} from './print.js';
import { NOT_COLLECTED, WITHHOLDABLE } from './without.js';

interface Options {
  rankings?: string;
  without: string[];
  shiftSeconds: number;
  shiftSamples: number;
  baselines: boolean;
  ablation: boolean;
  misses: boolean;
  json: boolean;
  collected: boolean;
  fit: boolean;
}

const command = new Command('bench:rca')
  .description('Diagnose labelled incidents and say how often the diagnosis is right.')
  .argument('<cases...>', 'folders with case folders at any depth')
  .option('--rankings <file>', 'write what was answered, as JSON')
  .option(
    '--without <kinds>',
    `withhold evidence, separated by commas: ${WITHHOLDABLE.join(', ')}`,
    kindsOf,
    [],
  )
  .option('--shift-seconds <n>', 'give an anomaly time that is late (or early: negative)', numberOf, 0)
  .option('--shift-samples <n>', 'the same in steps of the case', numberOf, 0)
  .option('--ablation', 'measure what each kind of evidence adds', false)
  .option('--no-baselines', 'leave the reference methods out')
  .option('--misses', 'list the cases that were not answered right', false)
  .option('--fit', 'print only how the constants of the confidence are fitted', false)
  .option('--json', 'print the measurements as JSON', false)
  .option(
    '--collected',
    `give only what the collectors deliver: as --without ${NOT_COLLECTED.join(',')}`,
    false,
  )
  .action(async (roots: string[], options: Options) => {
    const without = [...options.without, ...(options.collected ? NOT_COLLECTED : [])];
    process.exitCode = await bench(roots, { ...options, without });
  });

function kindsOf(text: string): string[] {
  const kinds = text.split(',').map((kind) => kind.trim());
  const wrong = kinds.find((kind) => !WITHHOLDABLE.includes(kind));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`"${wrong}" is not one of ${WITHHOLDABLE.join(', ')}.`);
  return kinds;
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number.');
  return value;
}

/** The variants of the ablation after the one asked for, with the name of each. */
function ablations({ without, shiftSeconds, shiftSamples }: Variant): [string, Variant][] {
  const less = (...kinds: string[]): Variant => ({
    without: [...without, ...kinds],
    shiftSeconds,
    shiftSamples,
  });
  const shifted = (seconds: number, samples: number): Variant => ({
    without,
    shiftSeconds: shiftSeconds + seconds,
    shiftSamples: shiftSamples + samples,
  });
  return [
    ...[
      'traces',
      'logs',
      'changes',
      'graph',
      'placements',
      'edges',
      'hosts',
      'resources',
      'client',
      'latency',
      'traffic',
    ].map((kind): [string, Variant] => [`without ${kind}`, less(kind)]),
    ['what is collected', less(...NOT_COLLECTED)],
    ['metrics alone', less('traces', 'logs', 'changes')],
    ['metrics, no graph', less('traces', 'logs', 'changes', 'graph', 'edges')],
    ['alert 60 s late', shifted(60, 0)],
    ['alert 60 s early', shifted(-60, 0)],
    ['alert two samples late', shifted(0, 2)],
    ['alert two samples early', shifted(0, -2)],
  ];
}

/** Runs all cases and prints; answers the exit code. */
async function bench(roots: string[], options: Options): Promise<number> {
  const begin = performance.now();
  const asked: Variant = options;
  const named: [string, Variant][] = [['everything', asked], ...(options.ablation ? ablations(asked) : [])];
  const folders: string[] = [];
  for (const root of roots) {
    const found = findCases(root);
    if (found.length === 0) {
      const what = existsSync(root) ? 'holds no case' : 'is not there; expected a folder that holds cases';
      console.error(
        `${root}: ${what} (a case is a folder with alert.json and metrics.csv or metrics.csv.gz)`,
      );
      return 1;
    }
    folders.push(...found.filter((folder) => !folders.includes(folder)));
  }
  const runs = await runAll(
    folders,
    named.map(([, { without, shiftSeconds, shiftSamples }]) => ({ without, shiftSeconds, shiftSamples })),
    options.baselines,
  );
  const seconds = (performance.now() - begin) / 1e3;

  const good = runs.filter((run) => run.broken === null);
  if (options.rankings !== undefined) writeFileSync(options.rankings, rankingsOf(good));
  const complaints = runs.flatMap((run) => run.broken ?? []);
  const judged = good.flatMap((run): Judged[] => {
    try {
      const label = readLabel(run.folder);
      return label ? [{ run, label }] : [];
    } catch (error) {
      complaints.push((error as Error).message);
      return [];
    }
  });
  for (const complaint of complaints) console.error(`broken case, left out: ${complaint}`);
  const diagnosisSeconds = good.map((run) => run.answers[0]!.seconds);
  if (judged.length === 0) {
    if (!options.json) console.log(`${good.length} cases answered; none has a label to score with.`);
  } else if (options.json) {
    const variants = named.map(([name], index) => ({ name, ...summarise(judged, index) }));
    console.log(
      JSON.stringify(
        { cases: judged.length, variants, methods: compare(judged), seconds, diagnosisSeconds },
        null,
        1,
      ),
    );
  } else {
    print(judged, named, options);
  }
  if (!options.json) process.stdout.write(printCost(diagnosisSeconds, seconds));
  return complaints.length > 0 ? 1 : 0;
}

function print(judged: Judged[], named: [string, Variant][], options: Options): void {
  const summary = summarise(judged);
  const parts = options.fit
    ? [printLeftOut(summary)]
    : [
        printLeftOut(summary),
        printGroups(summary.groups),
        printFaultKind(summary),
        printCalibration(summary),
        printCandidates(summary),
        printConfidence(summary),
        printCommits(summary),
        printInnocent(summary),
        options.baselines ? printComparison(compare(judged)) : '',
        options.ablation
          ? printAblation(named.map(([name], index) => ({ name, summary: summarise(judged, index) })))
          : '',
        options.misses ? printMisses(judged) : '',
      ];
  process.stdout.write(parts.join(''));
}

/** The answers in the form that the data's own scoring reads. */
function rankingsOf(runs: CaseRun[]): string {
  const answers = runs.map(
    (run): [string, Pick<Answer, 'services' | 'commit' | 'faultKind' | 'confidence' | 'verdict'>] => {
      const { services, commit, faultKind, confidence, verdict } = run.answers[0]!;
      return [run.id, { services, commit, faultKind, confidence, verdict }];
    },
  );
  return `${JSON.stringify(Object.fromEntries(answers), null, 1)}\n`;
}

/** Cases run in worker threads, as the diagnosis does in the product. */
async function runAll(folders: string[], variants: Variant[], baselines: boolean): Promise<CaseRun[]> {
  const pool = new Piscina<Task, CaseRun>({
    filename: new URL('./run-case.ts', import.meta.url).href,
    maxThreads: availableParallelism(),
  });
  try {
    return await Promise.all(folders.map((folder) => pool.run({ folder, variants, baselines })));
  } finally {
    await pool.destroy();
  }
}

await command.parseAsync();
