import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { Piscina } from 'piscina';
import { FAULT_TYPES } from './faults.js';
import { randomOf, type Random } from './random.js';
import { SITUATIONS, type Situation } from './situations.js';
import { STYLES, type StyleName } from './styles.js';
import type { Task } from './write-one.js';

interface Options {
  seed: number;
  count: number;
  healthy: number;
  situations: Situation[];
}

const command = new Command('bench:worlds')
  .description('Write labelled incidents of simulated systems, for bench:rca to read.')
  .argument('<folder>', 'where to write them')
  .option('--seed <n>', 'the same seed gives the same cases', wholeNumber, 1)
  .option('--count <n>', 'cases with a fault', wholeNumber, 120)
  .option('--healthy <n>', 'cases without a fault', wholeNumber, 0)
  .option(
    '--situations <names>',
    `only these, separated by commas: ${SITUATIONS.map(({ name }) => name).join(', ')}`,
    situationsOf,
    [...SITUATIONS],
  )
  .action(async (folder: string, options: Options) => {
    const tasks = tasksFor(folder, options);
    const pool = new Piscina<Task, void>({
      filename: new URL('./write-one.ts', import.meta.url).href,
      maxThreads: availableParallelism(),
    });
    await Promise.all(tasks.map((task) => pool.run(task)));
    await pool.destroy();
    console.log(`${tasks.length} cases written to ${folder}`);
  });

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text.trim())) throw new InvalidArgumentError('expected a whole number.');
  return value;
}

function situationsOf(text: string): Situation[] {
  return text.split(',').map((given) => {
    const found = SITUATIONS.find(({ name }) => name === given.trim());
    if (!found) throw new InvalidArgumentError(`"${given}" is not one of them.`);
    return found;
  });
}

/**
 * Styles take turns. Each deals its situations, and the faults that it can show, from shuffled decks: all occur alike.
 */
function tasksFor(folder: string, { seed, count, healthy, situations }: Options): Task[] {
  const random = randomOf(seed);
  const situationDeck = new Deck<Situation>(random);
  const faultDeck = new Deck<string>(random);
  return Array.from({ length: count + healthy }, (_, number) => {
    const isFaulty = number < count;
    const style = STYLES[number % STYLES.length]!;
    const id = `w${seed}-${String(number).padStart(3, '0')}`;
    const fit = situations.filter(
      (one) => !one.isHealthy === isFaulty && (one.styles?.includes(style) ?? true),
    );
    if (fit.length === 0)
      throw new Error(`--situations: expected one for ${isFaulty ? 'a fault' : 'healthy cases'}`);
    const situation = situationDeck.deal(`${style} ${isFaulty}`, fit);
    const faults = faultsOf(style).filter(situation.suits);
    const fault = isFaulty ? faultDeck.deal(`${style} ${faults.join()}`, faults) : null;
    return { folder, seed: random.seed(), id, style, fault, situation: situation.name };
  });
}

/** Deals all cards of a pile before any of them comes again. */
class Deck<Card> {
  private readonly piles = new Map<string, Card[]>();

  constructor(private readonly random: Random) {}

  deal(pile: string, cards: readonly Card[]): Card {
    let left = this.piles.get(pile) ?? [];
    if (left.length === 0) left = this.random.some(cards, Infinity);
    this.piles.set(pile, left);
    return left.pop()!;
  }
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
