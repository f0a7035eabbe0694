import { createLogUpdate } from 'log-update';
import type { Progress, ProgressStep, StepState } from '../../model/progress.js';
import { isDrawable, plain, type Colors, type OutputStream } from './output.js';

/** Shows how a diagnosis comes along. */
export interface ProgressView {
  show(progress: Progress): void;
  /** Leaves what was shown in place. */
  end(): void;
}

const SIGNS: Record<StepState, string> = { waiting: '·', running: '▸', done: '✓', failed: '✗' };

/** On a terminal one live block, one line per step; elsewhere a line whenever a step or the headline changes. */
export function progressView(stream: OutputStream, colors: Colors): ProgressView {
  return isDrawable(stream) ? liveView(stream, colors) : lineView(stream);
}

/** For `--json`: the answer is one document, so nothing is shown on the way. */
export const silentView: ProgressView = { show: () => undefined, end: () => undefined };

function liveView(stream: OutputStream, colors: Colors): ProgressView {
  const update = createLogUpdate(stream);
  const paint: Record<StepState, (text: string) => string> = {
    waiting: colors.dim,
    running: colors.cyan,
    done: colors.green,
    failed: colors.red,
  };
  const line = ({ name, state, detail }: ProgressStep) =>
    `${paint[state](SIGNS[state])} ${plain(name)}${detail && colors.dim(`  ${plain(detail)}`)}`;
  return {
    show: ({ headline, steps }) => update([colors.bold(plain(headline)), ...steps.map(line)].join('\n')),
    end: () => update.done(),
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
      for (const { name, state, detail } of steps) {
        if (state !== 'waiting')
          say(`step ${name}`, `  ${SIGNS[state]} ${plain(name)}${detail && `: ${plain(detail)}`}`);
      }
    },
    end: () => undefined,
  };
}
