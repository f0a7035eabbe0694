import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { reportedChangesIn } from '../../activities/collect/changes/reported-changes.js';
import { openBlobs } from '../../activities/record/open-store.js';
import { changeRoutes } from '../../client/changes/routes.js';
import { createGuards, type Guards } from '../../client/guards.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { createChangeReports } from '../../client/reported-changes.js';
import { openTemporal, type Temporal } from '../../client/temporal.js';
import type { LoadedConfig } from '../../config/load.js';
import type { GuardState } from '../../model/guard.js';
import { testServer } from '../support/dev-server.js';
import { houseConfig, startHouse, TOKEN } from '../support/house.js';
import { needs } from '../support/needs.js';
import { NO_LIMITS } from '../support/scopes.js';
import { writeIncident, type WrittenIncident } from '../support/written-incident.js';

describe('rollouts, on a real Temporal server and a real Prometheus', function () {
  this.timeout(180_000);
  let written: WrittenIncident;
  let loaded: LoadedConfig;
  let temporal: Temporal;
  let receiver: FastifyInstance;
  let guards: Guards;
  let url: string;
  const endings: (() => Promise<unknown>)[] = [];

  before(async function () {
    needs(this, 'prometheus');
    written = await writeIncident();
    endings.push(() => written.close());
    const { address, namespace } = await testServer();
    loaded = houseConfig({
      ...{ directory: written.directory, prometheusUrl: written.prometheus.url, sinkUrl: written.sink.url },
    });
    const house = await startHouse({
      ...{
        directory: written.directory,
        prometheusUrl: written.prometheus.url,
        sinkUrl: written.sink.url,
        loaded,
      },
    });
    endings.push(() => house.stop());
    temporal = openTemporal({ server: { address, namespace } });
    endings.push(() => temporal.close());
    guards = createGuards(temporal);
    const { config } = loaded;
    const log = pino({ level: 'silent' });
    const routes = changeRoutes({ webhook: config.webhook, reports: createChangeReports(temporal), log });
    receiver = await buildReceiver({ config, incidents: house.incidents, log, routes });
    url = await receiver.listen({ host: '127.0.0.1', port: 0 });
    endings.push(() => receiver.close());
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });

  async function reportChange(): Promise<void> {
    const change = { title: 'payment 2', service: 'payment', kind: 'deploy', id: 'v2', time: written.onset };
    const details = 'password=hunter2hunter2';
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const { status } = await axios.post(`${url}/v1/changes`, { ...change, details }, { headers });
    assert.equal(status, 202);
  }

  async function guard(service: string, changeId: string | null): Promise<GuardState> {
    const { environment } = loaded.config;
    const request = {
      environment,
      service,
      since: written.onset,
      forSeconds: 60,
      changeId,
      commit: null,
      by: 'ann',
    };
    const { id } = await guards.start(request);
    for (;;) {
      const state = await guards.state(id);
      if (state.verdict !== null) return state;
      await sleep(200);
    }
  }

  it('bring a reported change into the store, once however often it is told, and without its secrets', async () => {
    await reportChange();
    await reportChange();
    const reported = reportedChangesIn(openBlobs(loaded.config.store));
    const window = { from: written.onset - 60, to: written.onset + 60, alertTime: written.alert };
    const question = {
      window,
      environment: loaded.config.environment,
      names: { resolve: (name: string) => name },
    };
    for (;;) {
      const { changes } = await reported.read(question, NO_LIMITS);
      if (changes.length > 0) {
        assert.deepEqual(
          changes.map(({ id, details }) => [id, details]),
          [['v2', 'password=***']],
        );
        break;
      }
      await sleep(200);
    }
  });

  it('fail the guard of the service that they broke, with the diagnosis', async () => {
    const state = await guard('payment', 'v2');
    assert.equal(state.verdict, 'fail', state.reason);
    assert.equal(state.diagnosis?.verdict.service, 'payment');
    assert.match(state.reason, /(suspected|confirmed): .* at payment/);
  });

  it('leave a guard without an answer where another service is to blame, or nothing is read', async () => {
    const caller = await guard('storefront', null);
    assert.equal(caller.verdict, 'cannot-tell');
    assert.match(
      caller.reason,
      /of storefront got worse, and the diagnosis names \S+ at payment as the cause/,
    );
    const unknown = await guard('nobody-knows-it', null);
    assert.equal(unknown.verdict, 'cannot-tell');
    assert.match(unknown.reason, /could be read|could be analysed/);
  });

  it('pass the guard of a service that stays as it was', async () => {
    const state = await guard('catalog', null);
    assert.equal(state.verdict, 'pass', state.reason);
  });

  it('are guarded once at a time', async () => {
    const { environment } = loaded.config;
    const request = {
      environment,
      service: 'catalog',
      since: Date.now() / 1000,
      forSeconds: 3600,
      changeId: 'long',
    };
    const first = await guards.start({ ...request, commit: null, by: 'ann' });
    const second = await guards.start({ ...request, commit: null, by: 'bob' });
    assert.deepEqual([first.joined, second.joined, first.id === second.id], [false, true, true]);
    await temporal.client.workflow.getHandle(first.id).terminate();
  });
});
