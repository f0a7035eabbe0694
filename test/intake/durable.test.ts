import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Incidents } from '../../client/incidents.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import { configSchema } from '../../config/schema.js';
import { triageWorkflowId } from '../../model/messages.js';
import { recordedPost, type AlertmanagerBody } from '../support/alertmanager-posts.js';
import { testServer, uniqueName, type TestServer } from '../support/dev-server.js';

const CONFIG = configSchema.parse({ metrics: { type: 'prometheus', url: 'http://unused' } });

/** The receiver before a real Temporal server on which no worker runs. */
describe('posts on their way into Temporal', function () {
  this.timeout(60_000);

  let server: TestServer;
  let incidents: Incidents;
  let app: FastifyInstance;
  let url: string;
  const environments: string[] = [];

  before(async () => {
    server = await testServer();
    incidents = createIncidents(openTemporal({ server }), { taskQueue: uniqueName('nobody') });
    app = await buildReceiver({ config: CONFIG, incidents, log: pino({ level: 'silent' }) });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  after(async () => {
    await app.close();
    await incidents.close();
    await Promise.all(
      environments.map((name) => server.client.workflow.getHandle(triageWorkflowId(name)).terminate()),
    );
  });

  /** A recorded post, moved to an environment that no other test has. */
  function inOwnEnvironment(body: AlertmanagerBody): { body: AlertmanagerBody; environment: string } {
    const environment = uniqueName('env');
    environments.push(environment);
    const moved = JSON.stringify(body).replaceAll('"cluster":"boutique-live"', `"cluster":"${environment}"`);
    return { body: JSON.parse(moved) as AlertmanagerBody, environment };
  }

  /** How many signals the triage of an environment holds. */
  async function signalsOf(environment: string): Promise<number> {
    const history = await server.client.workflow.getHandle(triageWorkflowId(environment)).fetchHistory();
    return history.events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length ?? 0;
  }

  it('are stored when the sender hears 202, one signal for a group', async () => {
    const { body, environment } = inOwnEnvironment(recordedPost('am34/firing_grouped').body);
    assert.equal((await axios.post(`${url}/v1/alertmanager`, body)).status, 202);
    assert.equal(await signalsOf(environment), 1);
    assert.equal((await axios.post(`${url}/v1/alertmanager`, body)).status, 202);
    assert.equal(await signalsOf(environment), 2);
  });

  it('are taken up to the limit of a body, in signals that Temporal can hold', async () => {
    const single = recordedPost('am34/firing_single').body;
    const alerts = Array.from({ length: 4_000 }, (_, i) => ({ ...single.alerts[0], fingerprint: String(i) }));
    const { body, environment } = inOwnEnvironment({ ...single, alerts });
    const answer = await axios.post<{ accepted: number }>(`${url}/v1/alertmanager`, body);
    assert.equal(answer.status, 202);
    assert.equal(answer.data.accepted, 4_000);
    assert.ok((await signalsOf(environment)) > 1);
  });

  it('are answered although the receiver is told to stop meanwhile', async () => {
    const slow: Pick<Incidents, 'raise' | 'ready'> = {
      raise: async () => {
        await sleep(300);
      },
      ready: () => Promise.resolve(),
    };
    const stopping = await buildReceiver({ config: CONFIG, incidents: slow, log: pino({ level: 'silent' }) });
    const address = await stopping.listen({ host: '127.0.0.1', port: 0 });
    const posted = axios.post(`${address}/v1/alertmanager`, recordedPost('am34/firing_single').body);
    await sleep(100);
    const start = performance.now();
    await stopping.close();
    const took = performance.now() - start;
    assert.equal((await posted).status, 202);
    assert.ok(took < 2_000, `closing took ${took} ms: it waited for a connection that was kept alive`);
    await assert.rejects(axios.get(`${address}/healthz`), /ECONNREFUSED/);
  });
});
