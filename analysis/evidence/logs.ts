import { listOf, quantity } from '../../model/wording.js';
import type { FaultKind } from '../../model/diagnosis.js';
import type { Facts } from '../facts.js';
import { NEW_KINDS, type Outcry } from '../logs/read.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * What services complain of in their logs since it began, as strange as it is against their calm. A line counts for
 * one service only: the one that it names, or its writer if it speaks of nothing else. That some call failed, of
 * which nobody knows whose, all victims write: it counts for little.
 */
export function logEvidence(facts: Facts): Finding[] {
  return [...complaintsOfThemselves(facts), ...complaintsOfOthers(facts)];
}

/** What such lines say of the kind of fault. */
const KINDS: [FaultKind, RegExp][] = [
  ['memory', /out of memory|heap (?:space|limit)|\boom\b|cannot allocate/iu],
  ['disk', /no space left|disk (?:is )?full|ENOSPC|read-only file system/iu],
  [
    'pool-saturation',
    /pool (?:is )?(?:exhausted|full|empty|time)|too many (?:connections|clients|open files)/iu,
  ],
];
const GONE = /refused|unreachable|no route to host|ECONNREFUSED|EHOSTUNREACH|not ready/iu;

function complaintsOfThemselves(facts: Facts): Finding[] {
  const { outcries, graph } = facts;
  return outcries.flatMap((outcry) => {
    const { writer, about, move, templates } = outcry;
    if (typeof about === 'number' || move.strength < RANK.leastStrength) return [];
    const weight = (about === 'itself' ? RANK.logOwn : RANK.logOfACall) * move.strength;
    const name = graph.names[writer]!;
    const told = templates.slice(0, 3).join(' ');
    return [
      finding(writer, {
        observation: `error lines of ${name}`,
        kind: 'log',
        weight,
        statement: `${rise(facts, outcry, name)}.`,
        move,
        series: null,
        kinds: KINDS.flatMap(([kind, words]) => (words.test(told) ? [[kind, weight]] : [])),
      }),
    ];
  });
}

/** Several services that complain of the same one are one observation, as loud as the loudest of them. */
function complaintsOfOthers(facts: Facts): Finding[] {
  const { outcries, graph } = facts;
  const complaints = new Map<number, Outcry[]>();
  for (const outcry of outcries) {
    if (typeof outcry.about !== 'number' || outcry.move.strength < RANK.leastStrength) continue;
    const about = complaints.get(outcry.about) ?? [];
    about.push(outcry);
    complaints.set(outcry.about, about);
  }
  return [...complaints].map(([service, outcriesOfIt]) => {
    const [loudest, ...others] = outcriesOfIt.sort(
      (a, b) => b.move.strength - a.move.strength || a.writer - b.writer,
    ) as [Outcry, ...Outcry[]];
    const weight = RANK.logOfAnother * loudest.move.strength;
    const name = graph.names[service]!;
    const also = others.map(({ writer }) => graph.names[writer]!);
    return finding(service, {
      observation: `error lines about ${name}`,
      kind: 'log',
      weight,
      statement: `${rise(facts, loudest, graph.names[loudest.writer]!)} and mention ${name}${also.length > 0 ? `, as do those of ${listOf(also)}` : ''}.`,
      move: loudest.move,
      series: null,
      kinds: GONE.test(loudest.templates.slice(0, 3).join(' ')) ? [['dependency-down', weight]] : [],
    });
  });
}

const LONGEST_QUOTE = 120;

function rise({ grid }: Facts, { move, templates }: Outcry, name: string): string {
  const perMinute = (count: number): string => quantity(Math.round((count * 600) / grid.width) / 10, '');
  const [most] = templates as [string];
  const quote = most.length > LONGEST_QUOTE ? `${most.slice(0, LONGEST_QUOTE)}...` : most;
  const what = move.series.name === NEW_KINDS ? 'New kinds of error lines' : 'Error lines';
  return `${what} of ${name} rose from ${perMinute(move.before)} to ${perMinute(move.after)} a minute, mostly "${quote}"`;
}
