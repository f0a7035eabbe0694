import type { Anomaly } from '../../model/anomaly.js';
import type { Post, Recording } from './recording.js';

/** The alerts of one service, as posts. */
export interface AlertPosts {
  service: string;
  /** When the first that fires arrived. */
  firstAt: number;
  posts: Post[];
}

/** An alert that is made up for a recording without any comes so long after the moment of the (failed) injection. */
const MADE_UP_AFTER_SECONDS = 45;
/** ... and is posted so long after it began, as by Alertmanager's `group_wait`. */
const POSTED_AFTER_SECONDS = 5;

/**
 * The posts that an investigation starts from: alerts of an entry alone, for one of the culprit would give it away.
 * Where the entry's first alert came after the fault had ended, the first other service that alerted is a second start.
 */
export function alertsOf(recording: Recording): AlertPosts[] {
  const { entries, truth, posts } = recording;
  const services = [...new Set(posts.flatMap(({ anomalies }) => anomalies.map(({ service }) => service)))];
  const all = services
    .filter((service) => service !== truth.service)
    .flatMap((service) => postsAbout(service, posts) ?? [])
    .sort((a, b) => a.firstAt - b.firstAt);
  const ofEntry = all.filter(({ service }) => entries.includes(service));
  if (ofEntry.length === 0) return [madeUp(recording)];
  const others = all.filter((one) => !ofEntry.includes(one) && one.firstAt < truth.stoppedAt);
  return ofEntry[0]!.firstAt > truth.stoppedAt ? [...ofEntry, ...others.slice(0, 1)] : ofEntry;
}

function postsAbout(service: string, all: Post[]): AlertPosts[] | null {
  const posts = all
    .map(({ at, anomalies }) => ({ at, anomalies: anomalies.filter((one) => one.service === service) }))
    .filter(({ anomalies }) => anomalies.length > 0);
  const first = posts.find(({ anomalies }) => anomalies.some(({ status }) => status === 'firing'));
  return first ? [{ service, firstAt: first.at, posts }] : null;
}

function madeUp({ entries, truth }: Recording): AlertPosts {
  const service = entries[0]!;
  const firstAt = truth.injectedAt + MADE_UP_AFTER_SECONDS;
  const anomaly: Anomaly = {
    source: 'alertmanager',
    fingerprint: 'made-up',
    group: 'made-up',
    status: 'firing',
    environment: 'default',
    service,
    symptom: 'latency',
    severity: 'critical',
    title: `${service} is slow`,
    startedAt: firstAt - POSTED_AFTER_SECONDS,
    endedAt: null,
    labels: {},
    annotations: {},
    links: [],
  };
  return { service, firstAt, posts: [{ at: firstAt, anomalies: [anomaly] }] };
}

/** The latest that was posted of each alert by `now` (unix seconds), those that came first in front. */
export function knownAt(posts: readonly Post[], now: number): Anomaly[] {
  const known = new Map<string, Anomaly>();
  for (const { at, anomalies } of posts) {
    if (at > now) continue;
    for (const one of anomalies) known.set(`${one.fingerprint} ${one.startedAt}`, one);
  }
  return [...known.values()];
}
