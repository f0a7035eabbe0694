import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `npm run record` keeps one fault's recording: `metrics.json.gz` and `alert.json`. */
export function recordingFolder(fault: string): string {
  return fileURLToPath(new URL(`../../examples/shop/recordings/${fault}/`, import.meta.url));
}

/** What a recording is read of by the worker; `RecordedAlert` is what it is told by. */
export function recordedMetrics(fault: string): string {
  return join(recordingFolder(fault), 'metrics.json.gz');
}

/** The part of Alertmanager's payload that a demo touches; the rest is posted as it was recorded. */
export interface AlertmanagerPost {
  alerts: { status: string; startsAt: string; endsAt: string; generatorURL?: string }[];
  externalURL?: string;
}

/**
 * When the first firing alert of a post began, unix seconds: the moment by which recordings are moved. Alertmanager
 * lists what has just been resolved beside it.
 */
export function beganAt(post: AlertmanagerPost): number {
  const firing = post.alerts.filter(({ status }) => status === 'firing');
  return Math.min(...firing.map(({ startsAt }) => Date.parse(startsAt) / 1000));
}

/**
 * Alertmanager's recorded post, with its times moved so that the alert began at `playAt` (unix seconds), and without
 * links to the machine that it was recorded on.
 */
export async function recordedAlert(fault: string, playAt: number): Promise<AlertmanagerPost> {
  const post = JSON.parse(
    await readFile(join(recordingFolder(fault), 'alert.json'), 'utf8'),
  ) as AlertmanagerPost;
  const shiftMs = (playAt - beganAt(post)) * 1000;
  // 0001-01-01 is how Alertmanager writes "not yet".
  const move = (time: string): string =>
    time.startsWith('0001') ? time : new Date(Date.parse(time) + shiftMs).toISOString();
  const alerts = post.alerts.map((one) => ({
    ...one,
    startsAt: move(one.startsAt),
    endsAt: move(one.endsAt),
    generatorURL: unlinked(one.generatorURL),
  }));
  return { ...post, alerts, externalURL: unlinked(post.externalURL) };
}

/** Still readable (Prometheus puts the alert's expression into its address), but nobody makes a link of it. */
function unlinked(address = ''): string {
  return address.replace(/^https?:\/\/[^/]*/, 'recorded:');
}
