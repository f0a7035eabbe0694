import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import pMap from 'p-map';
import type { StormAlert } from './estate.js';

export interface Sent {
  accepted: StormAlert[];
  /** How long the receiver took to answer, each try by itself, milliseconds. */
  answers: number[];
  seconds: number;
}

interface Target {
  url: string;
  environment: string;
  /** Unix seconds of the storm's beginning. */
  began: number;
}

const ALERTS_OF_A_POST = 4;
/** Alertmanager sends each group by itself, and in a storm has one for every service. */
const GROUPS_AT_ONCE = 128;
/** As Alertmanager, which keeps its connections. */
const httpAgent = new Agent({ keepAlive: true });
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
const GIVE_UP_MS = 180_000;

/** Sends each alert when it is due, in posts of a few of one service; tries again what is not taken, as Alertmanager does. */
export async function sendPaced(alerts: readonly StormAlert[], target: Target): Promise<Sent> {
  const start = performance.now();
  return sendAll(alerts, target, 1_000, async (post) => {
    const due = Math.max(...post.map(({ sentAfter }) => sentAfter)) * 1000;
    await sleep(Math.max(0, due - (performance.now() - start)));
  });
}

/** Sends all alerts as fast as the receiver takes them. */
export async function sendBurst(alerts: readonly StormAlert[], target: Target): Promise<Sent> {
  return sendAll(alerts, target, GROUPS_AT_ONCE, () => Promise.resolve());
}

async function sendAll(
  alerts: readonly StormAlert[],
  target: Target,
  concurrency: number,
  untilDue: (post: readonly StormAlert[]) => Promise<void>,
): Promise<Sent> {
  const sent: Sent = { accepted: [], answers: [], seconds: 0 };
  const start = performance.now();
  await pMap(
    postsOf(alerts),
    async (post) => {
      await untilDue(post);
      if (await deliver(post, target, sent.answers)) sent.accepted.push(...post);
    },
    { concurrency },
  );
  sent.seconds = (performance.now() - start) / 1000;
  return sent;
}

async function deliver(post: readonly StormAlert[], target: Target, answers: number[]): Promise<boolean> {
  const body = bodyOf(post, target);
  const start = performance.now();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const asked = performance.now();
    const status = await axios
      .post(`${target.url}/v1/alertmanager`, body, { httpAgent, validateStatus: null, timeout: 10_000 })
      .then((answer) => answer.status)
      .catch(() => 599);
    answers.push(performance.now() - asked);
    if (status < 300) return true;
    if (status < 500 || performance.now() - start > GIVE_UP_MS) return false;
    await sleep(pause);
  }
}

function postsOf(alerts: readonly StormAlert[]): StormAlert[][] {
  const posts: StormAlert[][] = [];
  const filling = new Map<string, StormAlert[]>();
  for (const alert of alerts) {
    const post = filling.get(alert.service);
    if (post && post.length < ALERTS_OF_A_POST) {
      post.push(alert);
      continue;
    }
    const next = [alert];
    filling.set(alert.service, next);
    posts.push(next);
  }
  return posts.sort((a, b) => (a.at(-1)?.sentAfter ?? 0) - (b.at(-1)?.sentAfter ?? 0));
}

/** A post as Alertmanager sends it that groups by service. */
function bodyOf(post: readonly StormAlert[], { environment, began }: Target): unknown {
  const service = post[0]?.service ?? '';
  return {
    version: '4',
    groupKey: `{}:{service="${service}"}`,
    receiver: 'faultline',
    status: 'firing',
    truncatedAlerts: 0,
    groupLabels: { service },
    commonLabels: { service },
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example',
    alerts: post.map(({ fingerprint, sentAfter }) => ({
      status: 'firing',
      labels: { alertname: 'Slow', service, environment, instance: fingerprint, severity: 'warning' },
      annotations: { summary: `${service} answers late`, description: 'p95 above 1 s for five minutes' },
      startsAt: new Date((began + sentAfter) * 1000).toISOString(),
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus.example/graph',
      fingerprint,
    })),
  };
}
