import { plainTable, type TableOptions } from '../../client/cli/table.js';
import { plain } from '../../client/cli/output.js';
import type { Accuracy, Durations, Statistics } from '../../model/statistics.js';
import { count, FAULT_TYPE_WORDS, wholePercent } from '../../model/wording.js';
import { day, duration } from '../../report/format.js';

/** What the record says, for a terminal. */
export function statisticsText(statistics: Statistics, table: TableOptions): string {
  const { since, until, incidents, times, accuracy, causes, alerts } = statistics;
  const { levels } = incidents;
  const head = [
    `${count(incidents.all, 'incident')} from ${day(since)} to ${day(until)}, ${incidents.open} of them open`,
  ];
  if (incidents.all === 0) return head[0]!;
  const sections = [
    [
      ...head,
      `Root cause confirmed ${levels.confirmed}, suspected ${levels.suspected}, ` +
        `inconclusive ${levels.inconclusive}, no diagnosis ${levels.none}`,
    ].join('\n'),
    plainTable(
      [
        ['TIME', 'INCIDENTS', 'MEDIAN', '90 % WITHIN', 'MEAN'],
        durationRow('alert until incident opened', times.detect),
        durationRow('opened until first diagnosis', times.diagnose),
        durationRow('opened until acknowledged', times.acknowledge),
        durationRow('alert until resolved', times.resolve),
      ],
      table,
    ),
    accuracyText(accuracy, table),
    causes.length === 0
      ? 'No root cause is known of any of them.'
      : plainTable(
          [
            ['ROOT CAUSE', 'FAULT TYPE', 'INCIDENTS'],
            ...causes.map(({ service, faultKind, incidents: times }) => [
              ...[plain(service), faultTypeOf(faultKind), String(times)],
            ]),
          ],
          table,
        ),
    plainTable(
      [
        ['ALERT', 'INCIDENTS', 'WITHOUT A CAUSE', 'ENDED UNACKNOWLEDGED'],
        ...alerts.map((alert) => [
          ...[
            plain(alert.name),
            String(alert.incidents),
            String(alert.withoutCause),
            String(alert.unattended),
          ],
        ]),
      ],
      table,
    ),
  ];
  return sections.join('\n\n');
}

const faultTypeOf = (kind: string): string =>
  (FAULT_TYPE_WORDS as Record<string, string>)[kind] ?? plain(kind);

const durationRow = (what: string, { count: times, median, p90, mean }: Durations): string[] => [
  what,
  String(times),
  ...[median, p90, mean].map((seconds) => (seconds === null ? '-' : duration(seconds))),
];

function accuracyText({ all, byConfidence }: Statistics['accuracy'], table: TableOptions): string {
  if (all.judged === 0) {
    return 'Nobody judged a diagnosis: `faultline feedback <incident> right` does, and the accuracy is counted here.';
  }
  return plainTable(
    [
      ['CONFIDENCE', 'JUDGED', 'RIGHT', 'RIGHT AREA', 'WRONG', 'MISLEADING', 'SHARE RIGHT (95 % INTERVAL)'],
      ...[...byConfidence, all].map(accuracyRow),
    ],
    table,
  );
}

function accuracyRow({ of, judged, grades, right, interval }: Accuracy): string[] {
  const share =
    right === null || interval === null
      ? '-'
      : `${wholePercent(right)} (${interval.map((end) => wholePercent(end)).join(' to ')})`;
  const { wrong, misleading } = grades;
  return [of, ...[judged, grades.right, grades['right-area'], wrong, misleading].map(String), share];
}
