import { table, twoDigits } from '../table.js';
import type { Judged } from './judge.js';

/** How often the looks of one group were right. */
export interface LiveSummary {
  graph: Judged['graph'];
  /** Looks at recordings with a fault, and how many named the right service first; at the first look and the last. */
  faulty: { looks: number; right: number; incidents: number; firstRight: number; lastRight: number };
  /** Of the right ones whose label tells a kind. */
  kinds: { looks: number; right: number };
  /** Looks at recordings without a fault, and how many blamed nobody. */
  healthy: { looks: number; right: number };
  wrongConfirmed: number;
}

/** Counts for each way to know the call graph. */
export function summarise(judged: Judged[]): LiveSummary[] {
  return (['given', 'learnt'] as const).flatMap((graph) => {
    const own = judged.filter((one) => one.graph === graph);
    return own.length === 0 ? [] : [summaryOf(graph, own)];
  });
}

function summaryOf(graph: Judged['graph'], own: Judged[]): LiveSummary {
  const right = (looks: Judged[]): number => looks.filter((one) => one.right).length;
  const faulty = own.filter(({ truth }) => truth !== 'none');
  const healthy = own.filter(({ truth }) => truth === 'none');
  const incidents = new Map<string, Judged[]>();
  for (const one of faulty) {
    const key = `${one.recording} ${one.alert}`;
    incidents.set(key, [...(incidents.get(key) ?? []), one]);
  }
  const kinds = faulty.filter(({ kindRight }) => kindRight !== null);
  return {
    graph,
    faulty: {
      looks: faulty.length,
      right: right(faulty),
      incidents: incidents.size,
      firstRight: right([...incidents.values()].map((looks) => looks[0]!)),
      lastRight: right([...incidents.values()].map((looks) => looks.at(-1)!)),
    },
    kinds: { looks: kinds.length, right: kinds.filter(({ kindRight }) => kindRight).length },
    healthy: { looks: healthy.length, right: right(healthy) },
    wrongConfirmed: own.filter((one) => one.level === 'confirmed' && !one.right).length,
  };
}

export function printLooks(judged: Judged[]): string {
  return table(
    'Looks at recordings of real systems (* after the repair)',
    [
      'recording',
      'alert of',
      'graph',
      'after',
      'first suspect',
      'kind',
      'level',
      'confidence',
      'service',
      'kind is',
    ],
    judged.map((one) => [
      one.recording,
      one.alert,
      one.graph,
      `+${one.after} s${one.repaired ? ' *' : ''}`,
      one.service ?? '-',
      one.kind,
      one.level,
      twoDigits(one.confidence),
      one.right ? 'right' : `wrong: ${one.truth}`,
      one.kindRight === null ? '' : one.kindRight ? 'right' : 'wrong',
    ]),
  );
}

export function printSummary(summaries: LiveSummary[]): string {
  return summaries
    .map(
      ({ graph, faulty, kinds, healthy, wrongConfirmed }) =>
        `\nGraph ${graph}: service right at ${faulty.right} of ${faulty.looks} looks ` +
        `(first look ${faulty.firstRight}, last look ${faulty.lastRight} of ${faulty.incidents} incidents); ` +
        `kind right at ${kinds.right} of ${kinds.looks} of those; ` +
        `nobody blamed at ${healthy.right} of ${healthy.looks} calm looks; ` +
        `${wrongConfirmed} wrong ones confirmed\n`,
    )
    .join('');
}
