import { createLogUpdate } from 'log-update';
import { isDrawable, type OutputStream } from '../../client/cli/output.js';

export interface Countdown {
  show(line: string): void;
  /** Takes the line away. */
  end(): void;
}

/** Elsewhere than on a terminal one line in so many seconds says that something goes on. */
const QUIET_SECONDS = 30;

/** One line that is drawn over on a terminal; elsewhere a line now and then. */
export function countdown(stream: OutputStream, now = () => Date.now() / 1000): Countdown {
  if (isDrawable(stream)) {
    const update = createLogUpdate(stream);
    return {
      show: update,
      end: () => {
        update.clear();
      },
    };
  }
  let shownAt = -Infinity;
  return {
    show(line) {
      if (now() - shownAt < QUIET_SECONDS) return;
      shownAt = now();
      stream.write(`${line}\n`);
    },
    end: () => undefined,
  };
}
