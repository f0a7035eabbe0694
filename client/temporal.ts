import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { SEARCH_ATTRIBUTES } from '../model/messages.js';
import { BadInput, TemporalUnavailable } from './errors.js';
import { inSentence, silence } from './temporal-errors.js';

/** Typed keys of the attributes that incidents are found by. */
export const searchKeys = {
  service: defineSearchAttributeKey('FaultlineService', SEARCH_ATTRIBUTES.FaultlineService),
  severity: defineSearchAttributeKey('FaultlineSeverity', SEARCH_ATTRIBUTES.FaultlineSeverity),
  state: defineSearchAttributeKey('FaultlineState', SEARCH_ATTRIBUTES.FaultlineState),
  rootCause: defineSearchAttributeKey('FaultlineRootCause', SEARCH_ATTRIBUTES.FaultlineRootCause),
  faultKind: defineSearchAttributeKey('FaultlineFaultKind', SEARCH_ATTRIBUTES.FaultlineFaultKind),
  verdict: defineSearchAttributeKey('FaultlineVerdict', SEARCH_ATTRIBUTES.FaultlineVerdict),
  confidence: defineSearchAttributeKey('FaultlineConfidence', SEARCH_ATTRIBUTES.FaultlineConfidence),
  feedback: defineSearchAttributeKey('FaultlineFeedback', SEARCH_ATTRIBUTES.FaultlineFeedback),
  environment: defineSearchAttributeKey('FaultlineEnvironment', SEARCH_ATTRIBUTES.FaultlineEnvironment),
};

export interface TemporalOptions {
  /** Profile of the Temporal client's TOML configuration. @default the file's `default` profile */
  profile?: string | undefined;
  /** Where TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the like are read. @default process.env */
  env?: NodeJS.ProcessEnv | undefined;
  /** A server that is known already, such as the embedded one; profile and variables then do not count. */
  server?: { address: string; namespace: string } | undefined;
}

/**
 * The longest pause between two attempts of the SDK's own retries. Its default of five seconds would outlast most of
 * our deadlines; this short, a server that is not there is known after about two seconds.
 */
const MAX_RETRY_PAUSE_MS = 250;

/** One lazily connected line to Temporal. */
export interface Temporal {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  /**
   * Runs calls to Temporal that together may take `milliseconds`. A refusal of Temporal itself, and no answer
   * within that time, reject with TemporalUnavailable; everything else passes through as it was thrown.
   */
  call<Answer>(milliseconds: number, calls: () => Promise<Answer>): Promise<Answer>;
  /** Resolves when Temporal answers and has the namespace, otherwise rejects with TemporalUnavailable. */
  ready(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens Temporal as the SDK's own configuration says: a TOML profile, overridden by TEMPORAL_* variables.
 * Nothing is sent before the first call.
 *
 * @throws BadInput when the profile does not exist or its file is broken.
 */
export function openTemporal(options: TemporalOptions = {}): Temporal {
  const { connectionOptions, namespace = 'default' } = temporalSettings(options);
  const { address = 'localhost:7233' } = connectionOptions;
  if (!isAddress(address)) {
    const expected = 'expected host:port, such as localhost:7233';
    throw new BadInput(`TEMPORAL_ADDRESS (or address in the profile): ${expected}, got '${address}'`);
  }
  const connection = Connection.lazy({ ...connectionOptions, address, interceptors: [quickRetries()] });
  const client = new Client({ connection, namespace });
  const where = { address, namespace };
  const running = new Set<Promise<unknown>>();

  async function call<Answer>(milliseconds: number, calls: () => Promise<Answer>): Promise<Answer> {
    const tooLate = () => new TemporalUnavailable(silence(where));
    try {
      return await within(milliseconds, tooLate, () => {
        const call = connection.withDeadline(Date.now() + milliseconds, calls);
        running.add(call);
        return call.finally(() => running.delete(call));
      });
    } catch (error) {
      throw inSentence(error, where);
    }
  }

  return {
    address,
    namespace,
    client,
    call,
    ready: (milliseconds) =>
      call(milliseconds, async () => {
        await connection.workflowService.describeNamespace({ namespace });
      }),
    async close() {
      // A retry that comes due on a closed connection would throw where nobody can catch it.
      await Promise.allSettled(running);
      await connection.close();
    },
  };
}

/** Host and port, without a scheme and a path; a host alone has the default port. */
function isAddress(text: string): boolean {
  return URL.canParse(`grpc://${text}`) && /^[^/@?#\s]+$/.test(text);
}

/** The SDK's own retries, with short pauses. (The SDK ignores its option `maxIntervalMs`.) */
function quickRetries() {
  const retries = defaultGrpcRetryOptions();
  return makeGrpcRetryInterceptor({
    ...retries,
    delayFunction: (attempt, status) => Math.min(retries.delayFunction(attempt, status), MAX_RETRY_PAUSE_MS),
  });
}

/**
 * Address, credentials and namespace, as the SDK's own configuration says.
 * @throws BadInput when the profile does not exist or its file is broken.
 */
export function temporalSettings(options: TemporalOptions) {
  if (options.server) {
    const { address, namespace } = options.server;
    return { connectionOptions: { address }, namespace };
  }
  try {
    return loadClientConnectConfig({
      ...(options.profile !== undefined && { profile: options.profile }),
      ...(options.env && { overrideEnvVars: definedOnly(options.env) }),
    });
  } catch (error) {
    const named = options.profile === undefined ? '' : ` (temporal.profile: ${options.profile})`;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadInput(`Temporal's client configuration cannot be used${named}: ${reason}`, { cause: error });
  }
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/**
 * Holds a call to its time. The gRPC deadline alone does not: between two attempts of the SDK's own retries
 * nothing watches it.
 */
async function within<Answer>(
  milliseconds: number,
  tooLate: () => Error,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const answered = new AbortController();
  const limit = async (): Promise<never> => {
    // A little after the gRPC deadline, whose own error says more.
    await sleep(milliseconds + 50, undefined, { signal: answered.signal });
    throw tooLate();
  };
  try {
    return await Promise.race([call(), limit()]);
  } finally {
    answered.abort();
  }
}
