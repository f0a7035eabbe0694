import { listOf, quantity, wholePercent } from '../../model/wording.js';
import type { FaultKind } from '../../model/diagnosis.js';
import type { Facts } from '../facts.js';
import type { LogKind } from '../../model/telemetry.js';
import type { TemplateChange } from '../logs/presence.js';
import { NEW_KINDS, type Outcry } from '../logs/read.js';
import type { SignalKind } from '../../model/series.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * What services complain of in their logs since it began, as strange as it is against their calm. A line counts for
 * one service only: the one that it names, or its writer if it speaks of nothing else. That some call failed, of
 * which nobody knows whose, all victims write: it counts for little.
 */
export function logEvidence(facts: Facts): Finding[] {
  return [...complaintsOfThemselves(facts), ...complaintsOfOthers(facts), ...changedLines(facts)];
}

/**
 * The kinds of lines that changed most, for each service; what a callee's change may have brought about counts less.
 */
function changedLines(facts: Facts): Finding[] {
  const { templateChanges, outcries, graph } = facts;
  // Where the calm is long enough to count them, trouble is told by how many lines there are.
  const counted = new Set(
    outcries.filter(({ move }) => move.strength >= RANK.leastStrength).map(({ writer }) => writer),
  );
  const strongest = new Map<number, TemplateChange>();
  for (const change of templateChanges) {
    if (change.what === 'more' && counted.has(change.writer)) continue;
    const service = typeof change.about === 'number' ? change.about : change.writer;
    if (change.what === 'gone' && isKeptFrom(service, facts)) continue;
    if (change.decades > (strongest.get(service)?.decades ?? 0)) strongest.set(service, change);
  }
  return [...strongest].map(([service, change]) => {
    const below = Math.max(
      0,
      ...graph.callees[service]!.map((callee) => strongest.get(callee)?.decades ?? 0),
    );
    const explained = Math.min(1, below / change.decades) * (1 - RANK.logOfCallee);
    const vague = change.about === 'a-call' ? RANK.logOfCallee : 1;
    const weight = RANK.logChange * Math.min(1, change.decades / RANK.logClear) * (1 - explained) * vague;
    const name = graph.names[change.writer]!;
    const quote = quoted(change.kind);
    const share = `${wholePercent(change.before)} of the time before, ${wholePercent(change.after)} since`;
    return finding(service, {
      observation: `log lines of ${graph.names[service]!}`,
      kind: 'log',
      weight,
      statement:
        change.what === 'gone'
          ? `${name} no longer logs lines such as "${quote}" (${share}).`
          : `${name} logs lines such as "${quote}" far more often (${share}).`,
      kinds: change.what === 'gone' ? [['code-change', weight / 2]] : [],
    });
  });
}

/**
 * Whether a service no longer does something because of others: a request that fails at one callee does not come to
 * what its caller would have done next. So it is where a callee fails, and where a caller fails while the service
 * itself is measured and well.
 */
function isKeptFrom(service: number, { services, graph }: Facts): boolean {
  const suffers = (one: number, signals: SignalKind[]): boolean =>
    services[one]!.symptoms.some(
      ({ series, strength }) => signals.includes(series.signal) && strength >= RANK.leastStrength,
    );
  const fails = (one: number): boolean => suffers(one, ['errors']);
  if (graph.callees[service]!.some(fails)) return true;
  const isMeasured = services[service]!.seen.has('errors');
  return isMeasured && !suffers(service, ['errors', 'latency']) && graph.callers[service]!.some(fails);
}

const LONGEST_QUOTE = 160;

/** A line of the kind as it was written, in one line of text. */
function quoted({ example }: LogKind): string {
  const line = example.replace(/\s+/gu, ' ').trim();
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}...` : line;
}

/** What such lines say of the kind of fault. */
const KINDS: [FaultKind, RegExp][] = [
  ['memory', /out of memory|heap (?:space|limit)|\boom\b|cannot allocate/iu],
  ['disk', /no space left|disk (?:is )?full|ENOSPC|read-only file system/iu],
  [
    'pool-saturation',
    /pool (?:is )?(?:exhausted|full|empty|time)|too many (?:connections|clients|open files)/iu,
  ],
  [
    'certificate',
    /certificate (?:has )?expired|CERT_HAS_EXPIRED|\bx509:|certificate verify failed|verify \S+ certificate/iu,
  ],
  [
    'routing',
    /ENOTFOUND|EAI_AGAIN|NXDOMAIN|no such host|name or service not known|could not resolve|no address associated/iu,
  ],
  [
    'quota',
    /exceed\w* (?:the )?(?:quota|rate limit)|(?:quota|rate limit) (?:was |is )?exceeded|too many requests/iu,
  ],
  ['dependency-down', /refused|unreachable|no route to host|ECONNREFUSED|EHOSTUNREACH|not ready/iu],
];
/** What only a defect in the code writes. */
const DEFECT =
  /\b\w*(?:TypeError|ReferenceError|NullPointerException|AttributeError|KeyError|IndexError|OutOfBounds\w*|ClassCastException)\b|\bpanic:|nil (?:pointer )?dereference|Traceback \(most recent/u;

function complaintsOfThemselves(facts: Facts): Finding[] {
  const { outcries, graph } = facts;
  return outcries.flatMap((outcry) => {
    const { writer, about, move, kinds } = outcry;
    if (typeof about === 'number' || move.strength < RANK.leastStrength) return [];
    const weight = (about === 'itself' ? RANK.logOwn : RANK.logOfACall) * move.strength;
    const name = graph.names[writer]!;
    const told = mostlySaid(kinds);
    return [
      finding(writer, {
        observation: `error lines of ${name}`,
        kind: 'log',
        weight,
        statement: `${rise(facts, outcry, name)}.`,
        move,
        series: null,
        kinds: [
          ...kindsSaid(told, weight).filter(([kind]) => kind !== 'dependency-down'),
          ...(DEFECT.test(told) ? [['code-change', weight] satisfies [FaultKind, number]] : []),
        ],
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
      kinds: kindsSaid(mostlySaid(loudest.kinds), weight),
    });
  });
}

/** Kinds of fault that lines name by their words, each with its worth. */
function kindsSaid(told: string, weight: number): [FaultKind, number][] {
  return KINDS.flatMap(([kind, words]): [FaultKind, number][] => (words.test(told) ? [[kind, weight]] : []));
}

/** What the most frequent kinds of lines say. */
function mostlySaid(kinds: LogKind[]): string {
  return kinds
    .slice(0, 3)
    .map(({ example }) => example)
    .join(' ');
}

function rise({ grid }: Facts, { move, kinds }: Outcry, name: string): string {
  const perMinute = (count: number): string => quantity(Math.round((count * 600) / grid.width) / 10, '');
  const quote = quoted(kinds[0]!);
  const what = move.series.name === NEW_KINDS ? 'New kinds of error lines' : 'Error lines';
  return `${what} of ${name} rose from ${perMinute(move.before)} to ${perMinute(move.after)} a minute, mostly lines such as "${quote}"`;
}
