import pMap from 'p-map';
import type { CheckConfig, ChecksConfig } from '../../../config/checks.js';
import type { CheckResult } from '../../../model/check.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import { maskSecrets } from '../../../report/mask.js';
import { transportReason } from '../../connection/transport.js';
import { CannotCheck, Guard, NoAddress } from './guard.js';
import type { ProbeContext, Seen } from './probe.js';

/** Checks of one suspect that run; what is beyond them says so. A look at a suspect is seconds, and no load. */
const MOST_CHECKS = 20;
const CONCURRENCY = 4;
const LONGEST_STATEMENT = 300;

/** What a failure of a type speaks for, where the check does not say: what was asked did not answer, or not rightly. */
const TYPE_SPEAKS_FOR: Record<CheckConfig['type'], FaultKind | null> = {
  http: 'dependency-down',
  tcp: 'dependency-down',
  dns: 'configuration',
  tls: 'dependency-down',
  grpc: 'dependency-down',
  postgres: 'dependency-down',
  redis: 'dependency-down',
  command: null,
};

/**
 * Runs the user's own checks of one service (`list` holds no others), those that speak for `faultKind` first, side by
 * side and each within its own time. A check that could not look is a result of its own. Throws only when the work is
 * cancelled.
 */
export async function runProbes(
  { allow, list }: ChecksConfig,
  { service, faultKind }: { service: string; faultKind: FaultKind },
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const speaksFor = (check: CheckConfig): FaultKind | null => check.speaksFor ?? TYPE_SPEAKS_FOR[check.type];
  const first = list.filter((check) => speaksFor(check) === faultKind);
  const ordered = [...first, ...list.filter((check) => !first.includes(check))];
  const guard = new Guard(allow);
  const results = await pMap(ordered.slice(0, MOST_CHECKS), (check) => run(check, guard, signal), {
    concurrency: CONCURRENCY,
  });
  signal.throwIfAborted();
  const left = ordered
    .slice(MOST_CHECKS)
    .map((check) => resultOf(check, Date.now(), null, `${MOST_CHECKS} checks of one service run`));
  return [...results.flat(), ...left].map((result) => ({ ...result, service }));
}

async function run(check: CheckConfig, guard: Guard, signal: AbortSignal): Promise<CheckResult[]> {
  const started = Date.now();
  const timeoutMs = check.timeoutSeconds * 1000;
  const own = AbortSignal.timeout(timeoutMs);
  const context: ProbeContext = { guard, signal: AbortSignal.any([signal, own]), timeoutMs };
  try {
    // What a library does not give up, the check does.
    const seen = await Promise.race([probe(check, context), rejection(context.signal)]);
    return seen.map((one) => resultOf(check, started, one));
  } catch (error) {
    if (error instanceof CannotCheck) return [resultOf(check, started, null, error.message)];
    const statement = own.aborted ? `no answer within ${check.timeoutSeconds} s` : whyFailed(error);
    // A program that does not answer says nothing of the service.
    if (check.type === 'command') return [resultOf(check, started, null, statement)];
    const speaksFor = error instanceof NoAddress ? 'configuration' : TYPE_SPEAKS_FOR[check.type];
    return [resultOf(check, started, { failed: true, statement, speaksFor })];
  }
}

/** Loads the code of one type of check alone: most workers use few of them. */
async function probe(check: CheckConfig, context: ProbeContext): Promise<Seen[]> {
  switch (check.type) {
    case 'http':
      return (await import('./network.js')).httpProbe(check, context);
    case 'tcp':
      return (await import('./network.js')).tcpProbe(check, context);
    case 'dns':
      return (await import('./network.js')).dnsProbe(check, context);
    case 'tls':
      return (await import('./network.js')).tlsProbe(check, context);
    case 'grpc':
      return (await import('./grpc.js')).grpcProbe(check, context);
    case 'postgres':
      return (await import('./postgres.js')).postgresProbe(check, context);
    case 'redis':
      return (await import('./redis.js')).redisProbe(check, context);
    case 'command':
      return (await import('./command.js')).commandProbe(check, context);
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** What a client of the checked server sees, and no more: messages of libraries hold addresses and codes alike. */
function whyFailed(error: unknown): string {
  if (error instanceof NoAddress) return error.message;
  return error instanceof Error ? transportReason(error, 'checks') : 'it failed for an unknown reason';
}

function resultOf(check: CheckConfig, started: number, seen: Seen | null, blind = ''): CheckResult {
  const statement = maskSecrets(seen?.statement ?? blind);
  return {
    check: seen?.aspect === undefined ? check.id : `${check.id} ${seen.aspect}`,
    service: check.service,
    outcome: seen === null ? 'could-not-run' : seen.failed ? 'failed' : 'passed',
    statement:
      statement.length <= LONGEST_STATEMENT ? statement : `${statement.slice(0, LONGEST_STATEMENT - 1)}…`,
    speaksFor: seen === null ? null : (check.speaksFor ?? seen.speaksFor),
    query: null,
    source: 'check',
    ranAt: started / 1000,
    tookMs: Date.now() - started,
  };
}
