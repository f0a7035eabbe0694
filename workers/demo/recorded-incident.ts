import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Change } from '../../model/change.js';

/** The part of Alertmanager's payload that a demo touches; the rest is posted as it was recorded. */
interface RecordedAlert {
  alerts: { status: string; startsAt: string; endsAt: string }[];
}

/** A recording that `npm run record` made of the example shop: metrics, changes and the alert that it raised. */
export class RecordedIncident {
  private constructor(
    readonly metricsFile: string,
    private readonly alert: RecordedAlert,
    private readonly changes: Change[],
  ) {}

  /** Reads the recording of one fault. */
  static async open(fault: string): Promise<RecordedIncident> {
    const folder = fileURLToPath(new URL(`../../examples/shop/recordings/${fault}/`, import.meta.url));
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(join(folder, name), 'utf8'));
    return new RecordedIncident(
      join(folder, 'metrics.json.gz'),
      (await read('alert.json')) as RecordedAlert,
      (await read('changes.json')) as Change[],
    );
  }

  /** When the recorded alert began, unix seconds. */
  get alertTime(): number {
    return Math.min(...this.alert.alerts.map(({ startsAt }) => Date.parse(startsAt) / 1000));
  }

  /** Alertmanager's post, with its times moved so that the alert began at `playAt`. */
  alertAt(playAt: number): unknown {
    const move = (time: string): string =>
      time.startsWith('0001') ? time : new Date(Date.parse(time) + this.shift(playAt) * 1000).toISOString();
    const alerts = this.alert.alerts.map((one) => ({
      ...one,
      startsAt: move(one.startsAt),
      endsAt: move(one.endsAt),
    }));
    return { ...this.alert, alerts };
  }

  /** Writes the changes, moved likewise, where a change source of the configuration reads them. */
  async writeChanges(playAt: number, directory: string): Promise<string> {
    const moved = this.changes.map((change) => ({ ...change, time: change.time + this.shift(playAt) }));
    await mkdir(directory, { recursive: true });
    const file = join(directory, 'changes.json');
    await writeFile(file, JSON.stringify(moved, null, 2));
    return file;
  }

  private shift(playAt: number): number {
    return playAt - this.alertTime;
  }
}
