import type { CheckConfig } from '../../../config/checks.js';
import type { CheckResult } from '../../../model/check.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import { maskSecrets } from '../../../report/mask.js';
import { isCancelled } from '../../collect/gaps.js';
import { OutOfTime } from '../../collect/metrics/source/errors.js';
import { transportReason } from '../../connection/transport.js';
import type { PlannedCheck } from '../planned.js';
import { CannotCheck, NoAddress, type Guard } from './guard.js';
import type { ModuleCheck } from './module.js';
import type { ProbeContext, Seen } from './probe.js';

const LONGEST_STATEMENT = 300;

/** What is asked at the suspect itself. */
type ProbeConfig = Exclude<CheckConfig, { type: 'promql' }>;

/** What a failure of a type speaks for, where the check does not say: what was asked did not answer, or not rightly. */
const TYPE_SPEAKS_FOR: Record<ProbeConfig['type'], FaultKind | null> = {
  http: 'dependency-down',
  tcp: 'dependency-down',
  dns: 'routing',
  tls: 'dependency-down',
  grpc: 'dependency-down',
  postgres: 'dependency-down',
  redis: 'dependency-down',
  mysql: 'dependency-down',
  kafka: 'dependency-down',
  rabbitmq: 'dependency-down',
  command: null,
};

/** What else a type looks for; `general` where it sees troubles that are of no kind, such as a lock or status 500. */
const TYPE_TELLS: Record<ProbeConfig['type'], readonly (FaultKind | 'general')[]> = {
  http: ['general'],
  tcp: [],
  dns: [],
  tls: ['certificate'],
  grpc: ['general'],
  postgres: ['pool-saturation', 'general'],
  mysql: ['pool-saturation', 'general'],
  redis: ['memory', 'pool-saturation', 'disk', 'general'],
  kafka: ['general'],
  rabbitmq: ['memory', 'disk', 'network', 'general'],
  command: ['general'],
};

/** One of the user's own checks, as one of a suspect. */
export function plannedProbe(check: ProbeConfig, service: string, guard: Guard): PlannedCheck {
  const { id, type, timeoutSeconds, zone = null } = check;
  const of = [...(TYPE_SPEAKS_FOR[type] === null ? [] : [TYPE_SPEAKS_FOR[type]]), ...TYPE_TELLS[type]];
  const tells = check.speaksFor === undefined ? of.filter((one) => one !== 'general') : [check.speaksFor];
  const named: Named = { id, service, speaksFor: check.speaksFor ?? null };
  return {
    ...{ service, by: 'probe', zone, tells, seconds: timeoutSeconds },
    isGeneral: check.speaksFor === undefined && of.includes('general'),
    run: (signal) =>
      runLimited(
        named,
        timeoutSeconds,
        signal,
        (context) => probe(check, { ...context, guard }),
        (error) => {
          const speaksFor = error instanceof NoAddress ? 'routing' : TYPE_SPEAKS_FOR[type];
          // A program that does not answer says nothing of the service.
          return type === 'command' ? null : { speaksFor };
        },
      ),
  };
}

/** Checks of modules, as those of a suspect. */
export function plannedModuleChecks(checks: readonly ModuleCheck[], service: string): PlannedCheck[] {
  return checks.map(({ id, speaksFor, timeoutSeconds, zone, look }) => ({
    ...{ service, by: 'probe', zone, seconds: timeoutSeconds },
    tells: speaksFor === null ? [] : [speaksFor],
    isGeneral: speaksFor === null,
    run: (signal) => runLimited({ id, service, speaksFor }, timeoutSeconds, signal, look, () => null),
  }));
}

interface Named {
  id: string;
  service: string;
  /** In place of what was seen itself says. */
  speaksFor: FaultKind | null;
}

/**
 * Looks within the check's own time. `blames` says what an error tells of the service; null when it is the check's own
 * trouble. Throws only when the work is cancelled.
 */
async function runLimited(
  named: Named,
  timeoutSeconds: number,
  signal: AbortSignal,
  look: (context: Omit<ProbeContext, 'guard'>) => Promise<Seen[]>,
  blames: (error: unknown) => { speaksFor: FaultKind | null } | null,
): Promise<CheckResult[]> {
  const started = Date.now();
  const timeoutMs = timeoutSeconds * 1000;
  const own = AbortSignal.timeout(timeoutMs);
  const limit = AbortSignal.any([signal, own]);
  try {
    // What a library does not give up, the check does.
    const seen = await Promise.race([look({ signal: limit, timeoutMs }), rejection(limit)]);
    return seen.map((one) => resultOf(named, started, one));
  } catch (error) {
    if (isCancelled(signal)) throw signal.reason;
    if (signal.reason instanceof OutOfTime) return [resultOf(named, started, null, signal.reason.reason)];
    if (error instanceof CannotCheck) return [resultOf(named, started, null, error.message)];
    const statement = own.aborted ? `no answer within ${timeoutSeconds} s` : whyFailed(error);
    const blame = blames(error);
    if (blame === null) return [resultOf(named, started, null, statement)];
    return [resultOf(named, started, { failed: true, statement, ...blame })];
  }
}

/** Loads the code of one type of check alone: most workers use few of them. */
async function probe(check: ProbeConfig, context: ProbeContext): Promise<Seen[]> {
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
    case 'mysql':
      return (await import('./mysql.js')).mysqlProbe(check, context);
    case 'kafka':
      return (await import('./kafka.js')).kafkaProbe(check, context);
    case 'rabbitmq':
      return (await import('./rabbitmq.js')).rabbitmqProbe(check, context);
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

function resultOf(named: Named, started: number, seen: Seen | null, blind = ''): CheckResult {
  const statement = maskSecrets(seen?.statement ?? blind);
  return {
    check: seen?.aspect === undefined ? named.id : `${named.id} ${seen.aspect}`,
    service: named.service,
    outcome: seen === null || seen.failed === null ? 'could-not-run' : seen.failed ? 'failed' : 'passed',
    statement:
      statement.length <= LONGEST_STATEMENT ? statement : `${statement.slice(0, LONGEST_STATEMENT - 1)}…`,
    speaksFor: seen === null ? null : (named.speaksFor ?? seen.speaksFor),
    query: null,
    source: 'check',
    ranAt: started / 1000,
    tookMs: Date.now() - started,
  };
}
