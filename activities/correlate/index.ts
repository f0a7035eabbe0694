import { cancellationSignal } from '@temporalio/activity';
import type { CorrelateAnswer, CorrelateRequest, AffectedServices } from '../../model/triage.js';
import type { Activities } from '../contract.js';
import type { Limits } from '../collect/attempt.js';
import type { CollectDeps } from '../collect/deps.js';
import { joinGroups } from './join.js';
import { callsReader, type KnownCalls } from './read-calls.js';
import { activeSilences } from './silences.js';

type CorrelateDeps = Pick<CollectDeps, 'source' | 'packs' | 'config'>;

/** The activities of triage: how to place anomalies, and what belongs together by who calls whom. */
export function createCorrelate(deps: CorrelateDeps): Pick<Activities, 'readTriagePolicy' | 'correlate'> {
  const { settleSeconds, joinBy, silences } = deps.config.triage;
  const read = callsReader(deps);
  return {
    readTriagePolicy: ({ at }) =>
      Promise.resolve({ settleSeconds, joinBy, silences: activeSilences(silences, at) }),
    correlate: (request) => correlate(deps, read, request, { signal: cancellationSignal() }),
  };
}

/** Finds the target of each alert group. A source that cannot be read leaves what the configuration says. */
export async function correlate(
  { config }: CorrelateDeps,
  read: (at: number, limits: Limits) => Promise<KnownCalls>,
  { at, groups, incidents }: CorrelateRequest,
  limits: Limits,
): Promise<CorrelateAnswer> {
  const { calls, names, blind } = await read(at, limits);
  const known = <T extends AffectedServices>(party: T): T => ({
    ...party,
    services: party.services.map((service) => ({
      ...service,
      name: names.resolve(service.name) ?? service.name,
    })),
  });
  const targets = joinGroups(calls, groups.map(known), incidents.map(known), config.triage);
  return { targets, blind };
}
