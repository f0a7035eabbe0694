import type { Backtest, Score } from '../../activities/watch/backtest.js';
import { plain, utc, type Colors } from '../../client/cli/output.js';
import type { WatchSchedule } from '../../client/watch-schedules.js';

export type BacktestAnswer = Backtest & Score & { watch: string; known: number; remark: string | null };

/** What a back-test found, for a terminal. */
export function renderBacktest(answer: BacktestAnswer, colors: Colors): string {
  const { watch, from, to, looks, series, episodes, matched, remark } = answer;
  const lines = [
    colors.bold(`${watch} from ${utc(from)} to ${utc(to)} UTC`),
    `Evaluated ${times(looks)} over ${series} series: it would have fired ${times(episodes.length)}.`,
    ...episodes.flatMap((episode, index) => {
      const end = episode.endedAt === null ? 'not over' : `until ${utc(episode.endedAt)}`;
      const trouble = matched[index];
      const right =
        trouble == null ? colors.yellow('no known incident') : colors.green(`known: ${plain(trouble)}`);
      return [
        `  ${utc(episode.raisedAt)}  ${plain(episode.service)}  ${right}`,
        `    since ${utc(episode.startedAt)}, ${end}: ${plain(episode.statement)}`,
      ];
    }),
    ...verdict(answer),
    ...(remark === null ? [] : [colors.yellow(plain(remark))]),
  ];
  return `${lines.join('\n')}\n`;
}

function verdict({ precision, recall, missed, known }: BacktestAnswer): string[] {
  if (known === 0)
    return ['No incidents of that time are known to compare with: list them in a file for --known.'];
  const right =
    precision === null ? 'it raised nothing' : `${percent(precision)} of what it raised was a known incident`;
  const found = recall === null ? '' : `, and it raised ${percent(recall)} of the ${known} known`;
  const missing = missed.map(({ what, start }) => `  missed ${utc(start)}  ${plain(what)}`);
  return [`Precision: ${right}${found}.`, ...missing];
}

interface WatchRow {
  name: string;
  method: string;
  everySeconds: number;
  schedule: WatchSchedule | null;
}

/** The watches as rows of a table, the head first. */
export function watchRows(rows: readonly WatchRow[], colors: Colors): string[][] {
  return [
    ['WATCH', 'METHOD', 'EVERY', 'NEXT RUN (UTC)'],
    ...rows.map(({ name, method, everySeconds, schedule }) => [
      plain(name),
      method,
      `${everySeconds} s`,
      nextRun(schedule, colors),
    ]),
  ];
}

function nextRun(schedule: WatchSchedule | null, colors: Colors): string {
  if (schedule === null)
    return colors.yellow('not scheduled: a worker with this configuration schedules it when it starts');
  if (schedule.paused) return colors.yellow('paused');
  return schedule.nextRunAt === null ? '-' : utc(schedule.nextRunAt);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
