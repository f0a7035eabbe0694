import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import axios from 'axios';
import { execa } from 'execa';
import type { FastifyInstance } from 'fastify';
import getPort from 'get-port';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { buildReceiver } from '../../client/intake/receiver.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import { configSchema } from '../../config/schema.js';
import { startWorker } from '../../workers/worker.js';
import { testServer, uniqueName } from '../support/dev-server.js';
import { needs } from '../support/needs.js';
import { workflowBundle } from '../support/workflow-lab.js';

const TOKEN = 'token-of-alertmanager';
const POLL_MS = 250;

/** What Alertmanager's `POST /api/v2/alerts` takes. */
interface RaisedAlert {
  labels: Record<string, string>;
  startsAt: string;
  endsAt?: string;
}

describe('a real Alertmanager', function () {
  this.timeout(180_000);
  let command = '';
  let directory = '';
  const endings: (() => Promise<unknown>)[] = [];

  before(async function () {
    this.timeout(300_000);
    command = needs(this, 'prometheus-alertmanager')['prometheus-alertmanager'];
    directory = await mkdtemp(join(tmpdir(), 'faultline-alertmanager-'));
  });
  after(async () => {
    for (const end of endings.splice(0).reverse()) await end();
    if (directory !== '') await rm(directory, { recursive: true });
  });

  it('delivers its groups through a restart of the receiver, and its repeats open nothing', async () => {
    const log = pino({ level: process.env['FAULTLINE_TEST_LOG'] ?? 'silent' }, pino.destination(2));
    const server = await testServer();
    const port = await getPort({ host: '127.0.0.1' });
    const config = configSchema.parse({
      environment: uniqueName('alertmanager'),
      // Nobody is there: what matters here are the alerts.
      metrics: { type: 'prometheus', url: 'http://127.0.0.1:9' },
      diagnosis: { sourceTimeoutSeconds: 1 },
      followUp: { resolveGraceSeconds: 1, feedbackWindowSeconds: 0 },
      webhook: { port, auth: { type: 'bearer', tokens: [TOKEN] } },
      store: { directory: join(directory, 'store') },
      record: { enabled: false },
    });
    const incidents = createIncidents(openTemporal({ server }));
    endings.push(() => incidents.close());
    const worker = await startWorker({
      loaded: { config, file: null, directory, secrets: [TOKEN] },
      log,
      temporal: server,
      workflows: { workflowBundle: await workflowBundle() },
    });
    endings.push(() => worker.stop());
    endings.push(() =>
      server.client.workflow
        .getHandle(`triage/${config.environment}`)
        .terminate('end of the test')
        .catch(() => undefined),
    );

    let receiver: FastifyInstance | null = null;
    const open = async (): Promise<void> => {
      receiver = await buildReceiver({ config, incidents, log });
      await receiver.listen({ host: '127.0.0.1', port });
    };
    const close = async (): Promise<void> => {
      await receiver?.close();
      receiver = null;
    };
    await open();
    endings.push(close);

    const alertmanager = await startAlertmanager(
      command,
      directory,
      `http://127.0.0.1:${port}/v1/alertmanager`,
    );
    endings.push(alertmanager.stop);

    /** Alerts by service of what was opened, once it is what is expected. */
    const until = async (expected: Record<string, string[]>): Promise<void> => {
      for (;;) {
        const { incidents: rows } = await incidents.list(
          { environment: [config.environment] },
          { limit: 10 },
        );
        const records = await Promise.all(rows.map(({ id }) => incidents.show(id)));
        const seen = Object.fromEntries(
          records.map(({ service, anomalies }) => [
            service,
            anomalies.map(({ labels }) => labels['alertname']).sort(),
          ]),
        );
        assert.ok(records.length <= Object.keys(expected).length, JSON.stringify(seen));
        if (isDeepStrictEqual(seen, expected)) return;
        await sleep(POLL_MS);
      }
    };

    const startsAt = new Date(Date.now() - 1000).toISOString();
    const alert = (service: string, alertname: string): RaisedAlert => ({
      labels: { service, alertname, severity: 'critical' },
      startsAt,
    });
    const first = [alert('checkout', 'Slow'), alert('checkout', 'Failing'), alert('cart', 'Slow')];
    await alertmanager.raise(first);
    await until({ checkout: ['Failing', 'Slow'], cart: ['Slow'] });

    // While the receiver is away Alertmanager tries in vain, and again.
    await close();
    await alertmanager.raise([alert('checkout', 'Full')]);
    while ((await alertmanager.metric('alertmanager_notification_requests_failed_total')) === 0)
      await sleep(POLL_MS);
    await open();
    await until({ checkout: ['Failing', 'Full', 'Slow'], cart: ['Slow'] });

    // A repeat is a post like any other, and news to nobody.
    const sent = () => alertmanager.metric('alertmanager_notifications_total');
    const before = await sent();
    while ((await sent()) < before + 2) await sleep(POLL_MS);
    await until({ checkout: ['Failing', 'Full', 'Slow'], cart: ['Slow'] });

    const endsAt = new Date(Date.now() - 500).toISOString();
    await alertmanager.raise([...first, alert('checkout', 'Full')].map((one) => ({ ...one, endsAt })));
    for (;;) {
      const { incidents: rows } = await incidents.list({ environment: [config.environment] }, { limit: 10 });
      if (rows.length === 2 && rows.every(({ state }) => state === 'resolved')) break;
      await sleep(POLL_MS);
    }
  });
});

/** Alertmanager as Debian packages it, in a hurry: groups by service, repeats after seconds. */
async function startAlertmanager(command: string, directory: string, webhookUrl: string) {
  const file = join(directory, 'alertmanager.yml');
  const config = {
    route: {
      receiver: 'faultline',
      group_by: ['service'],
      group_wait: '1s',
      group_interval: '2s',
      repeat_interval: '4s',
    },
    receivers: [
      {
        name: 'faultline',
        webhook_configs: [
          {
            url: webhookUrl,
            send_resolved: true,
            http_config: { authorization: { type: 'Bearer', credentials: TOKEN } },
          },
        ],
      },
    ],
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  const port = await getPort({ host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${file}`,
    `--storage.path=${join(directory, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ];
  const child = execa(command, args, { reject: false, all: true, cleanup: true });
  for (;;) {
    const ready = await axios
      .get(`${url}/-/ready`, { validateStatus: null, timeout: 1000 })
      .catch(() => null);
    if (ready?.status === 200) break;
    await sleep(POLL_MS);
  }
  return {
    raise: (alerts: RaisedAlert[]) => axios.post(`${url}/api/v2/alerts`, alerts, { timeout: 5000 }),
    /** Sum of a counter of the webhook integration. */
    metric: async (name: string): Promise<number> => {
      const { data } = await axios.get<string>(`${url}/metrics`, { timeout: 5000 });
      return data
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) && line.includes('integration="webhook"'))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    stop: async () => {
      child.kill();
      await child;
    },
  };
}
