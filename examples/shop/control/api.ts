import Fastify, { type FastifyInstance } from 'fastify';
import { allFaultNames, FAULTS } from '../fault-catalog.js';
import { callEdges, TOPOLOGY } from '../topology.js';
import type { DeployLog } from './deploy-log.js';

interface Controls {
  log: DeployLog;
  inject: (fault: string) => Promise<unknown>;
  recover: () => Promise<void>;
  pids: () => Record<string, number[]>;
}

/** The shop's own small API: what was deployed, who calls whom, and the faults. */
export function controllerApi({ log, inject, recover, pids }: Controls): FastifyInstance {
  const api = Fastify();
  api.get('/deploys', () => log.all());
  api.get('/processes', () => pids());
  api.get('/graph', () => ({
    services: Object.keys(TOPOLOGY),
    external: Object.keys(TOPOLOGY).filter((service) => TOPOLOGY[service]?.external),
    edges: callEdges(),
  }));
  api.get('/faults', () => ({ curated: FAULTS, names: allFaultNames() }));
  api.post<{ Params: { fault: string } }>('/faults/:fault', async (request, reply) => {
    try {
      return await inject(request.params.fault);
    } catch (error) {
      return await reply.code(400).send({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  api.delete('/faults', async () => {
    await recover();
    return { active: [] };
  });
  return api;
}
