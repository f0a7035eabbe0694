import type { IncidentRecord } from '../../model/incident.js';
import type { Block, Column, Section, Span, Text } from '../document.js';
import { linkTarget, oneLine, shortName } from '../escape.js';
import { actionsOf, mayAct, type Facts } from '../facts.js';
import { clock } from '../format.js';
import { maskAddress } from '../mask.js';
import type { Queries } from '../queries.js';

const MOST_CHECKS = 30;

/** What to do next; null once the incident is over or a person found another cause. */
export function actionsSection(facts: Facts): Section | null {
  if (!mayAct(facts)) return null;
  const actions = actionsOf(facts);
  const runbooks = runbookBlocks(facts);
  if (actions.length === 0) {
    const none: Block = { kind: 'paragraph', text: ['No recommended action.'] };
    return { title: 'Next actions', blocks: runbooks.length > 0 ? runbooks : [none] };
  }
  const steps = actions.map(({ title, command, risk, expect }) => {
    const target = command === null ? null : linkTarget(maskAddress(command));
    const words: Text = [
      { strong: oneLine(title, 200).replace(/\.$/, '') },
      ` (${risk}). Expect: ${oneLine(expect, 300)}`,
      ...(target === null ? [] : [' ', { link: 'Open', url: target }]),
    ];
    return { words, command: command === null || target !== null ? null : oneLine(command, 1000) };
  });
  return { title: 'Next actions', blocks: [{ kind: 'steps', steps }, ...runbooks] };
}

/** What people wrote down for such a fault, after the alert's own runbook, which is among the links of the status. */
function runbookBlocks({ diagnosis }: Facts): Block[] {
  return (diagnosis?.runbooks ?? []).flatMap(({ title, file, steps }): Block[] => [
    {
      kind: 'paragraph',
      text: [
        { strong: `Runbook: ${oneLine(title, 120)}` },
        ` (${oneLine(file, 100)})${steps.length > 0 ? ':' : ''}`,
      ],
    },
    ...(steps.length > 0
      ? [{ kind: 'list' as const, items: steps.map((step): Text => [oneLine(step, 200)]) }]
      : []),
  ]);
}

const CHECK_COLUMNS: readonly Column[] = [
  { title: 'Check' },
  { title: 'Service' },
  { title: 'Outcome' },
  { title: 'Result', grows: true },
  { title: 'UTC' },
  { title: 'See' },
];

const OUTCOME_WORDS: Record<IncidentRecord['checks'][number]['outcome'], Span> = {
  passed: 'passed',
  failed: { strong: 'failed' },
  'could-not-run': 'no data',
};

export function checksSection({ record }: Facts, queries: Queries): Section | null {
  if (record.checks.length === 0) return null;
  const shown = record.checks.slice(0, MOST_CHECKS);
  const rows = shown.map(({ check, service, outcome, statement, query, source, ranAt }): Text[] => [
    [oneLine(check, 60)],
    [shortName(service, 40)],
    [OUTCOME_WORDS[outcome]],
    [oneLine(statement, 300)],
    [clock(ranAt)],
    query === null
      ? [oneLine(source, 40)]
      : [
          {
            ref: queries.refOfInstant(
              source,
              query,
              `${oneLine(check, 60)} of ${shortName(service, 40)}`,
              ranAt,
            ),
          },
        ],
  ]);
  return { title: 'Checks run', blocks: [{ kind: 'table', columns: CHECK_COLUMNS, rows }] };
}

/** Room for the resolution and the lessons, which people write. */
export function peopleSection(): Section {
  const items = ['Resolution:', 'Lessons:', 'Action items, with dates:'];
  return {
    title: 'To be filled in',
    forPeople: true,
    blocks: [{ kind: 'list', items: items.map((item): Text => [{ strong: item }]) }],
  };
}
