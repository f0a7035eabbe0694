import type { RootHookObject } from 'mocha';
import { pino } from 'pino';
import { logSdkTo } from '../../workers/sdk-log.js';
import { stopTestServers } from './dev-server.js';
import { stopS3Server } from './s3-server.js';

// Tests make activities and connections fail on purpose: the SDK's own log is shown when it is asked for.
logSdkTo(pino({ level: process.env['FAULTLINE_TEST_LOG'] ?? 'silent' }, pino.destination(2)));

/** Root hooks of the whole run (.mocharc.json). */
export const mochaHooks: RootHookObject = {
  async afterAll() {
    await Promise.all([stopTestServers(), stopS3Server()]);
  },
};
