import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { RootHookObject } from 'mocha';
import { stopTestServers } from './dev-server.js';

// Tests make activities and connections fail on purpose: the SDK's own log shows no more than errors.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: {
    logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} },
  },
});

/** Root hooks of the whole run (.mocharc.json). */
export const mochaHooks: RootHookObject = {
  async afterAll() {
    await stopTestServers();
  },
};
