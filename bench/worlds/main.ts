import { Command, InvalidArgumentError } from 'commander';
import { FAULT_TYPES } from './faults.js';
import { makeCase } from './make-case.js';
import { randomOf } from './random.js';
import { STYLES, type StyleName } from './styles.js';
import { writeCase } from './write.js';

interface Options {
  seed: number;
  count: number;
  healthy: number;
}

const command = new Command('bench:worlds')
  .description('Write labelled incidents of simulated systems, for bench:rca to read.')
  .argument('<folder>', 'where to write them')
  .option('--seed <n>', 'the same seed gives the same cases', wholeNumber, 1)
  .option('--count <n>', 'cases with a fault', wholeNumber, 120)
  .option('--healthy <n>', 'cases without a fault', wholeNumber, 0)
  .action((folder: string, options: Options) => {
    writeAll(folder, options);
  });

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text.trim())) throw new InvalidArgumentError('expected a whole number.');
  return value;
}

/** Styles take turns; each deals the faults that it can show from a shuffled deck, so that all occur alike. */
function writeAll(folder: string, { seed, count, healthy }: Options): void {
  const random = randomOf(seed);
  const decks = new Map<StyleName, string[]>();
  const deal = (style: StyleName): string => {
    const left = decks.get(style) ?? [];
    if (left.length === 0) left.push(...random.some(faultsOf(style), Infinity));
    decks.set(style, left);
    return left.pop()!;
  };
  for (let number = 0; number < count + healthy; number += 1) {
    const style = STYLES[number % STYLES.length]!;
    const fault = number < count ? deal(style) : null;
    writeCase(folder, makeCase(random.fork(), `w${seed}-${String(number).padStart(3, '0')}`, style, fault));
  }
  console.log(`${count + healthy} cases written to ${folder}`);
}

/** The cause must be something that the monitoring of the style can see at all. */
function faultsOf(style: StyleName): string[] {
  const names = FAULT_TYPES.map(({ name }) => name);
  const callsAreSeen = style === 'mesh' || style === 'cloud';
  return names.filter((name) =>
    name.startsWith('external') ? callsAreSeen : name !== 'noisy-neighbour' || style !== 'cloud',
  );
}

await command.parseAsync();
