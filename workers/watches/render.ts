import type { Backtest, Score } from '../../activities/watch/backtest.js';
import { plain, utc, type Colors } from '../../client/cli/output.js';
import type { WatchSchedule } from '../../client/watch-schedules.js';

export type BacktestAnswer = Backtest & Score & { watch: string; known: number; remark: string | null };

/** What a back-test found, for a terminal. */
export function renderBacktest(answer: BacktestAnswer, colors: Colors): string {
  const { watch, from, to, looks, series, episodes, matched, remark } = answer;
  const lines = [
    colors.bold(`${watch} from ${utc(from)} to ${utc(to)} UTC`),
    `${looks} looks at ${series} series: it would have fired ${times(episodes.length)}.`,
    ...episodes.flatMap((episode, index) => {
      const end = episode.endedAt === null ? 'not over' : `over at ${utc(episode.endedAt)}`;
      const trouble = matched[index];
      const right =
        trouble == null ? colors.yellow('no known trouble') : colors.green(`known: ${plain(trouble)}`);
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
  if (known === 0) return ['Nothing is known of that time to hold it against: --known names a list.'];
  const right =
    precision === null ? 'it raised nothing' : `${percent(precision)} of what it raised was known trouble`;
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

/** The watches, one line each. */
export function renderWatches(rows: readonly WatchRow[], colors: Colors): string {
  if (rows.length === 0) return 'The configuration has no watches.\n';
  return rows
    .map(({ name, method, everySeconds, schedule }) => {
      const state =
        schedule === null
          ? colors.yellow('not scheduled: a worker with this configuration does it when it starts')
          : schedule.paused
            ? colors.yellow('paused')
            : `next at ${schedule.nextRunAt === null ? '-' : utc(schedule.nextRunAt)}`;
      return `${plain(name)}  ${method}  every ${everySeconds} s  ${state}\n`;
    })
    .join('');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
