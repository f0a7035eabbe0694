import type { Column, Section, Text } from '../document.js';
import { oneLine, shortName } from '../escape.js';
import { isInvestigating, type Facts } from '../facts.js';
import { count } from '../../model/wording.js';
import { duration, span } from '../format.js';

const MOST_RANKED = 10;

const RANKING: readonly Column[] = [
  { title: 'Rank', align: 'right' },
  { title: 'Service', grows: true },
  { title: 'Score', align: 'right' },
];

/** The rule, the weights and the ranking that led to the verdict, so that it can be argued with. */
export function decisionSection({ record, diagnosis }: Facts): Section {
  const version = `Faultline ${oneLine(record.product.version, 40)}`;
  if (!diagnosis) {
    const why = isInvestigating(record)
      ? 'The first investigation is still running.'
      : 'No analysis finished.';
    return { title: 'How this was decided', blocks: [{ kind: 'list', items: [[`${why} ${version}.`]] }] };
  }
  const { verdict, rulesVersion, looked, window, baseline, ranking } = diagnosis;
  const seen = `${count(looked.services, 'service')}, ${count(looked.series, 'series', 'series')}, ${count(looked.samples, 'sample')}`;
  const items: Text[] = [
    [
      'Rule ',
      { code: oneLine(verdict.rule, 80) },
      `, rules and weights ${oneLine(rulesVersion, 40)}, ${version}`,
    ],
    [`Analysed ${seen}`],
    [`Window ${span(window.start, window.end)}, step ${duration(window.stepSeconds)}`],
    [`Baseline ${span(baseline.start, baseline.end)}`],
    [packWords(record.scope?.packs ?? [])],
    [`Update ${record.revision}, run `, { code: oneLine(record.runId, 80) }],
  ];
  const scored = ranking.filter(({ score }) => score > 0);
  const rows = scored
    .slice(0, MOST_RANKED)
    .map(({ service, score }, index): Text[] => [
      [String(index + 1)],
      [shortName(service, 60)],
      [score.toFixed(2)],
    ]);
  const more = ranking.length - rows.length;
  return {
    title: 'How this was decided',
    blocks: [
      { kind: 'list', items: items.filter((item) => item[0] !== '') },
      ...(rows.length > 0 ? [{ kind: 'table', columns: RANKING, rows } as const] : []),
      ...(more > 0
        ? [
            {
              kind: 'paragraph',
              text: [
                `${count(more, 'more service')} with ${scored.length > rows.length ? 'a lower score' : 'score 0'}.`,
              ],
            } as const,
          ]
        : []),
    ],
  };
}

function packWords(packs: readonly string[]): string {
  return packs.length === 0 ? '' : `Metric packs ${packs.map((pack) => oneLine(pack, 60)).join(', ')}`;
}
