import type { RootHookObject } from 'mocha';
import { stopTestServers } from './dev-server.js';

/** Root hooks of the whole run (.mocharc.json). */
export const mochaHooks: RootHookObject = {
  async afterAll() {
    await stopTestServers();
  },
};
