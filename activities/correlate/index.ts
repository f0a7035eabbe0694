import { cancellationSignal } from '@temporalio/activity';
import type { CorrelateAnswer, CorrelateRequest, AffectedServices } from '../../model/triage.js';
import type { Activities } from '../contract.js';
import type { Limits } from '../collect/attempt.js';
import type { CollectDeps } from '../collect/deps.js';
import { joinGroups } from './join.js';
import { callsReader, type CallsReader } from './read-calls.js';
import { activeSilences } from './silences.js';

/**
 * Names that triage keeps apart although they look alike, of those that metrics and the configuration have. The policy
 * of each round holds them; further ones are taken for one service.
 */
const MAX_APART = 500;

type CorrelateDeps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

/** The activities of triage: how to place anomalies, and what belongs together by who calls whom. */
export function createCorrelate(deps: CorrelateDeps): Pick<Activities, 'readTriagePolicy' | 'correlate'> {
  const { settleSeconds, joinBy, silences } = deps.config.triage;
  const calls = callsReader(deps);
  return {
    readTriagePolicy: ({ at }) => {
      const apart = calls.known().apart.slice(0, MAX_APART);
      return Promise.resolve({
        settleSeconds,
        joinBy,
        silences: activeSilences(silences, at),
        ...(apart.length > 0 && { apart }),
      });
    },
    correlate: (request) => correlate(deps, calls.ask, request, { signal: cancellationSignal() }),
  };
}

/** Finds the target of each alert group. A source that cannot be read leaves what the configuration says. */
export async function correlate(
  { config }: CorrelateDeps,
  read: CallsReader['ask'],
  { at, groups, incidents }: CorrelateRequest,
  limits: Limits,
): Promise<CorrelateAnswer> {
  const { calls, names, places, blind } = await read(at, limits);
  const known = <T extends AffectedServices>(party: T): T => ({
    ...party,
    services: party.services.map((service) => ({
      ...service,
      name: names.resolveIn(service.name, service.namespaces ?? []) ?? service.name,
    })),
  });
  const rules = { ...config.triage, joinsNames: config.triage.joinBy.includes('service') };
  const targets = joinGroups(calls, groups.map(known), incidents.map(known), rules, places);
  return { targets, blind };
}
