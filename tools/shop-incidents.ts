import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fastify } from 'fastify';
import type { Fault } from '../examples/shop/fault-catalog.js';
import { startShop, type Shop } from '../examples/shop/index.js';
import type { AlertmanagerPost } from '../workers/demo/recorded-incident.js';
import { alertsOf, untilCalm } from '../workers/demo/calm.js';
import { newToken } from '../workers/demo/settings.js';

const ALERT_TIMEOUT_MS = 180_000;
/** Requests per second at the edge: few, so that a busy machine does not put troubles of its own into a recording. */
const RATE = 15;
/** The longest wait for a calm, as a multiple of it. */
const PATIENCE = 4;

/** What is done with an incident while the shop is broken: called with the first post of its alert. */
export type TakeIncident = (shop: Shop, fault: Fault, post: AlertmanagerPost) => Promise<void>;

/**
 * Breaks a new shop by each fault, after a calm, and has the incident taken once its alert was posted: what was done to
 * the shop before would be a suspect of every later incident.
 * @throws Error when a fault raises no alert
 */
export async function playIncidents(
  faults: readonly Fault[],
  calmSeconds: number,
  take: TakeIncident,
): Promise<void> {
  for (const fault of faults) {
    const posts: AlertmanagerPost[] = [];
    const listener = fastify();
    listener.post('/v1/alertmanager', (request, reply) => {
      posts.push(request.body as AlertmanagerPost);
      return reply.code(202).send();
    });
    const address = await listener.listen({ host: '127.0.0.1', port: 0 });
    const runDir = await mkdtemp(join(tmpdir(), 'faultline-record-'));
    const shop = await startShop({
      ...{ runDir, webhookUrl: `${address}/v1/alertmanager`, webhookToken: newToken() },
      ...{ rate: RATE, postgres: fault.injection === 'lock' },
    });
    try {
      console.log(`${fault.name}: calm for ${calmSeconds} s`);
      await untilCalm({
        // A moment of a busy machine makes an alert pending; it does not fire.
        disturbances: () => alertsOf(shop.prometheusUrl, ['firing']),
        ...{ calmSeconds, patienceSeconds: PATIENCE * calmSeconds, signal: new AbortController().signal },
        report: () => undefined,
      });
      posts.length = 0;
      await shop.inject(fault.name);
      await take(shop, fault, await firingPost(posts, fault));
      console.log(`${fault.name}: recorded`);
    } finally {
      await shop.stop();
      await listener.close();
      await rm(runDir, { recursive: true, force: true });
    }
  }
}

async function firingPost(posts: readonly AlertmanagerPost[], { name }: Fault): Promise<AlertmanagerPost> {
  const deadline = Date.now() + ALERT_TIMEOUT_MS;
  for (;;) {
    const firing = posts.find(({ alerts }) => alerts.some(({ status }) => status === 'firing'));
    if (firing) return firing;
    if (Date.now() > deadline) throw new Error(`${name} raised no alert in ${ALERT_TIMEOUT_MS / 1000} s`);
    await sleep(500);
  }
}
