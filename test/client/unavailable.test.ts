import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import axios from 'axios';
import getPort from 'get-port';
import { pino } from 'pino';
import { BadInput, TemporalUnavailable } from '../../client/errors.js';
import type { Incidents } from '../../client/incidents.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import { configSchema } from '../../config/schema.js';
import { anAnomaly } from '../support/anomalies.js';
import { recordedPost } from '../support/alertmanager-posts.js';
import { testServer, uniqueName } from '../support/dev-server.js';

/** Time beyond the deadline for a machine that is busy with other things. */
const SLACK_MS = 1_500;

describe('while Temporal is away', () => {
  const endings: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  function connect(address: string, namespace = 'default'): Incidents {
    const incidents = createIncidents(openTemporal({ server: { address, namespace } }));
    endings.push(() => incidents.close());
    return incidents;
  }

  /** A port on which nobody listens. */
  async function refusing(): Promise<string> {
    return `127.0.0.1:${await getPort()}`;
  }

  /** A server that accepts connections and never says a word. */
  async function hanging(): Promise<string> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    endings.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work();
    return performance.now() - start;
  }

  for (const [what, place] of [
    ['refuses connections', refusing],
    ['hangs', hanging],
  ] as const) {
    it(`gives up in time and says what to do when it ${what}`, async () => {
      const address = await place();
      const incidents = connect(address);
      const took = await millisecondsOf(() =>
        assert.rejects(
          incidents.raise([anAnomaly()], { timeoutSeconds: 1 }),
          (error: unknown) =>
            error instanceof TemporalUnavailable &&
            error.message ===
              `Temporal at ${address} does not answer; start it with \`faultline dev\` or set TEMPORAL_ADDRESS`,
        ),
      );
      assert.ok(took < 1_000 + SLACK_MS, `${took} ms`);
    });

    it(`makes the receiver answer 503 within its two seconds when it ${what}`, async () => {
      const config = configSchema.parse({ metrics: { type: 'prometheus', url: 'http://unused' } });
      const app = await buildReceiver({
        config,
        incidents: connect(await place()),
        log: pino({ level: 'silent' }),
      });
      endings.push(() => app.close());
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      const { body } = recordedPost('am34/firing_grouped');
      const took = await millisecondsOf(async () => {
        const answer = await axios.post(`${url}/v1/alertmanager`, body, { validateStatus: () => true });
        assert.equal(answer.status, 503);
        assert.equal(answer.headers['retry-after'], '5');
        assert.match(JSON.stringify(answer.data), /does not answer/);
        assert.equal((await axios.get(`${url}/healthz`)).status, 200);
      });
      assert.ok(took < 2_000 + SLACK_MS, `${took} ms`);
    });
  }

  it('leaves nothing behind that fails after hanging up', async () => {
    const incidents = createIncidents(
      openTemporal({ server: { address: await refusing(), namespace: 'default' } }),
    );
    const raised = incidents.raise([anAnomaly()], { timeoutSeconds: 0.3 });
    await assert.rejects(raised, TemporalUnavailable);
    // A retry that came due on the closed connection would end the process with an uncaught exception.
    await incidents.close();
  });

  it('names a namespace that is not there', async function () {
    this.timeout(60_000);
    const { address } = await testServer();
    const namespace = uniqueName('nowhere');
    const incidents = connect(address, namespace);
    const expected = new RegExp(`has no namespace "${namespace}"`);
    await assert.rejects(incidents.raise([anAnomaly()], { timeoutSeconds: 2 }), expected);
    await assert.rejects(incidents.ready({ timeoutSeconds: 2 }), expected);
  });
});

describe("Temporal's client configuration", () => {
  it('is taken from TEMPORAL variables', () => {
    const temporal = openTemporal({
      env: { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'ops', HOME: '/nowhere' },
    });
    assert.equal(temporal.address, 'temporal.example:7233');
    assert.equal(temporal.namespace, 'ops');
  });

  it('refuses an address that is none', () => {
    for (const address of ['http://temporal:7233', 'temporal:port', 'a b:7233']) {
      assert.throws(
        () => openTemporal({ env: { TEMPORAL_ADDRESS: address, HOME: '/nowhere' } }),
        (error: unknown) => error instanceof BadInput && error.message.includes(`got '${address}'`),
      );
    }
  });

  it('names the profile that does not exist', () => {
    assert.throws(
      () => openTemporal({ profile: 'staging', env: { HOME: '/nowhere' } }),
      (error: unknown) => error instanceof BadInput && error.message.includes('temporal.profile: staging'),
    );
  });
});
