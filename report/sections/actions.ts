import type { IncidentRecord } from '../../model/incident.js';
import type { Block, Column, Section, Span, Text } from '../document.js';
import { linkTarget, oneLine, shortName } from '../escape.js';
import { FAULT_WORDS, type Facts } from '../facts.js';
import { clock, moment } from '../format.js';
import { maskAddress } from '../mask.js';
import type { Queries } from '../queries.js';

/** More than three next steps are none. */
const MOST_ACTIONS = 3;
const MOST_CHECKS = 30;

export function actionsSection({ diagnosis, closedAt }: Facts): Section | null {
  if (!diagnosis || closedAt !== null) return null;
  const actions = diagnosis.nextActions.slice(0, MOST_ACTIONS);
  if (actions.length === 0) {
    return {
      title: 'Next actions',
      blocks: [{ kind: 'paragraph', text: ['None follows from the evidence.'] }],
    };
  }
  const items = actions.map(({ title, command, risk, expect }): Text => [
    { strong: oneLine(title, 200).replace(/\.$/, '') },
    ` (${risk}). Expect: ${oneLine(expect, 300)}`,
    ...(command === null ? [] : commandSpans(command)),
  ]);
  return { title: 'Next actions', blocks: [{ kind: 'list', items, ordered: true }] };
}

function commandSpans(command: string): Span[] {
  const target = linkTarget(maskAddress(command));
  return target === null
    ? [' ', { code: oneLine(maskAddress(command), 1000) }]
    : [' ', { link: 'Open', url: target }];
}

const CHECK_COLUMNS: readonly Column[] = [
  { title: 'Check' },
  { title: 'Service' },
  { title: 'Outcome' },
  { title: 'Seen', grows: true },
  { title: 'UTC' },
  { title: 'See' },
];

const OUTCOME_WORDS: Record<IncidentRecord['checks'][number]['outcome'], Span> = {
  passed: 'fine',
  failed: { strong: 'trouble' },
  'could-not-run': 'could not run',
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

/** What people say of it, and room for what only they know. */
export function peopleSection({ record }: Facts): Section {
  const { humanVerdict } = record;
  const judged: Block[] = humanVerdict ? [{ kind: 'paragraph', text: judgement(humanVerdict) }] : [];
  return {
    title: 'For people to fill in',
    forPeople: true,
    blocks: [
      ...judged,
      {
        kind: 'list',
        items: [
          [{ strong: 'What ended it:' }],
          [{ strong: 'What we learnt:' }],
          [{ strong: 'What we will do, by when:' }],
        ],
      },
    ],
  };
}

export function judgement({
  correct,
  service,
  faultKind,
  note,
  by,
  at,
}: NonNullable<IncidentRecord['humanVerdict']>): Text {
  const cause = [
    service === null ? '' : shortName(service, 60),
    faultKind === null ? '' : FAULT_WORDS[faultKind],
  ];
  const named = cause.filter((part) => part !== '').join(', ');
  const said = correct
    ? 'The diagnosis was right'
    : `The diagnosis was wrong${named === '' ? '' : `; it was ${named}`}`;
  return [`${said}, says ${oneLine(by, 80)} (${moment(at)})${note === '' ? '' : `: ${oneLine(note, 600)}`}`];
}
