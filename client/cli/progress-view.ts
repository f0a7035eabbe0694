import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import type { Progress, ProgressStep, StepState } from '../../model/progress.js';
import { duration } from '../../report/format.js';
import { isDrawable, plain, widthOf, type Colors, type OutputStream } from './output.js';

/** Shows how a diagnosis comes along. */
export interface ProgressView {
  show(progress: Progress): void;
  /** Leaves what was shown in place. */
  end(): void;
}

export interface ProgressViewOptions {
  colors: Colors;
  /** Unix seconds. */
  now(): number;
}

const SIGNS: Record<StepState, string> = { waiting: '·', running: '▸', done: '✓', failed: '✗' };

/** What is said of a failed step that left no reason, and of one that has not come to its end. */
const NO_DETAIL: Record<StepState, string> = { waiting: '', running: '', done: '', failed: 'failed' };

/** How often the time of a running step is drawn anew. */
const TICK_MILLISECONDS = 1_000;

/** On a terminal one live block, one line per step; elsewhere a line whenever a step or the headline changes. */
export function progressView(stream: OutputStream, options: ProgressViewOptions): ProgressView {
  return isDrawable(stream) ? liveView(stream, options) : lineView(stream);
}

/** For `--json`: the answer is one document, so nothing is shown on the way. */
export const silentView: ProgressView = { show: () => undefined, end: () => undefined };

function liveView(stream: OutputStream, { colors, now }: ProgressViewOptions): ProgressView {
  const update = createLogUpdate(stream);
  const paint: Record<StepState, (text: string) => string> = {
    waiting: colors.dim,
    running: colors.cyan,
    done: colors.green,
    failed: colors.red,
  };
  const line = (step: ProgressStep) => {
    const details = [elapsed(step, now()), outcome(step)].filter((part) => part !== '').join('  ');
    const begin = `${paint[step.state](SIGNS[step.state])} ${plain(step.name)}`;
    return hanging(details === '' ? begin : `${begin}  ${colors.dim(details)}`, widthOf(stream));
  };
  let latest: Progress | null = null;
  const draw = () => {
    if (latest) update([colors.bold(plain(latest.headline)), ...latest.steps.map(line)].join('\n'));
  };
  const clock = setInterval(draw, TICK_MILLISECONDS).unref();
  return {
    show(progress) {
      latest = progress;
      draw();
    },
    end() {
      clearInterval(clock);
      update.done();
    },
  };
}

function lineView(stream: OutputStream): ProgressView {
  const said = new Map<string, string>();
  const say = (about: string, text: string) => {
    if (said.get(about) === text) return;
    said.set(about, text);
    stream.write(`${text}\n`);
  };
  return {
    show({ headline, steps }) {
      say('headline', plain(headline));
      for (const step of steps) {
        if (step.state === 'waiting') continue;
        // Without a clock: each step is told once when it begins and once when it has ended.
        const took = step.endedAt === undefined ? '' : elapsed(step, step.endedAt);
        const told = [outcome(step), took && `(${took})`].filter((part) => part !== '').join(' ');
        say(`step ${step.name}`, `  ${SIGNS[step.state]} ${plain(step.name)}${told && `: ${told}`}`);
      }
    },
    end: () => undefined,
  };
}

/** What came of it, in one line. */
function outcome({ detail, state }: ProgressStep): string {
  return plain(detail) || NO_DETAIL[state];
}

/** `4 s`; empty for what took less than a second, or is not known to have begun. */
function elapsed({ startedAt, endedAt }: ProgressStep, now: number): string {
  if (startedAt === undefined) return '';
  const seconds = Math.round((endedAt ?? now) - startedAt);
  return seconds < 1 ? '' : duration(seconds);
}

/** What is wider than the terminal goes on below the words, not below the sign. */
function hanging(line: string, width: number): string {
  return wrapAnsi(line, Math.max(20, width - 2), { hard: true }).replaceAll('\n', '\n  ');
}
