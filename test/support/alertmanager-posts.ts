import { readdirSync, readFileSync } from 'node:fs';

export interface RecordedPost {
  /** `am34/firing_single` */
  name: string;
  headers: Record<string, string>;
  body: AlertmanagerBody;
}

/** The parts of a recorded body that tests look at or change. */
export interface AlertmanagerBody {
  version?: unknown;
  receiver?: unknown;
  groupKey?: unknown;
  truncatedAlerts?: unknown;
  externalURL?: unknown;
  alerts: Record<string, unknown>[];
  [field: string]: unknown;
}

const FOLDER = new URL('../fixtures/alertmanager/', import.meta.url);

/** Every post in test/fixtures/alertmanager, of both recorded versions. */
export function recordedPosts(): RecordedPost[] {
  return ['am25', 'am34'].flatMap((version) =>
    readdirSync(new URL(version, FOLDER))
      .sort()
      .map((file) => recordedPost(`${version}/${file.replace(/\.json$/, '')}`)),
  );
}

export function recordedPost(name: string): RecordedPost {
  const { headers, body } = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Omit<
    RecordedPost,
    'name'
  >;
  return { name, headers, body };
}

/** A recorded post with one alert, its alert's fields replaced or (undefined) removed. */
export function postWithAlert(differences: Record<string, unknown>): AlertmanagerBody {
  const { body } = recordedPost('am34/firing_single');
  const alert = { ...body.alerts[0], ...differences };
  return JSON.parse(JSON.stringify({ ...body, alerts: [alert] })) as AlertmanagerBody;
}
