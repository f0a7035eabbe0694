import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import { GRPC, grpcStatusOf } from '../../client/temporal-errors.js';
import { SEARCH_ATTRIBUTES } from '../../model/messages.js';

const { IndexedValueType } = proto.temporal.api.enums.v1;
type ValueType = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES];

const DEADLINE_MS = 10_000;

/** gRPC status codes that matter here alone. */
const ALREADY_EXISTS = 6;
const UNIMPLEMENTED = 12;

/** What a namespace knows of Faultline's search attributes. */
export interface SearchAttributeState {
  present: string[];
  missing: string[];
  /** Registered, but as another type: `FaultlineConfidence is Keyword, expected Double`. */
  conflicts: string[];
}

/** The name by which the CLI's flags and messages call a type: KEYWORD is `Keyword`. */
export function typeName(type: ValueType): string {
  return titled(type);
}

function titled(word: string): string {
  return word.charAt(0) + word.slice(1).toLowerCase();
}

/** Compares what the namespace has with what Faultline needs. @throws Error as described by the server. */
export async function readSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<SearchAttributeState> {
  const { customAttributes } = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const state: SearchAttributeState = { present: [], missing: [], conflicts: [] };
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
    const actual: number | undefined = customAttributes[name];
    if (actual === undefined) state.missing.push(name);
    else if (actual === indexedType(type)) state.present.push(name);
    else state.conflicts.push(`${name} is ${nameOfIndexed(actual)}, expected ${typeName(type)}`);
  }
  return state;
}

/**
 * Registers Faultline's search attributes in the namespace; those that are there already are left alone, so it
 * may be run again. Returns the names that it added.
 * @throws Error that says what to do when an attribute has another type, the namespace does not exist, or the
 * caller may not register (Temporal Cloud: its console or `tcld`).
 */
export async function registerSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<string[]> {
  try {
    const { missing, conflicts } = await readSearchAttributes(connection, namespace);
    if (conflicts.length > 0) {
      throw new Error(
        `Namespace '${namespace}' has search attributes of the wrong type: ${conflicts.join('; ')}. ` +
          'Remove or rename them (`temporal operator search-attribute`), or give Faultline a namespace of its own.',
      );
    }
    if (missing.length > 0) await add(connection, namespace, missing);
    return missing;
  } catch (error) {
    throw explained(error, namespace);
  }
}

async function add(connection: ConnectionLike, namespace: string, names: string[]): Promise<void> {
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES)
      .filter(([name]) => names.includes(name))
      .map(([name, type]) => [name, indexedType(type)]),
  );
  await connection
    .withDeadline(Date.now() + DEADLINE_MS, () =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
    )
    .catch((error: unknown) => {
      // Another set-up run was quicker: what matters is that they are there.
      if (grpcStatusOf(error)?.code !== ALREADY_EXISTS) throw error;
    });
}

function indexedType(type: ValueType): number {
  return IndexedValueType[`INDEXED_VALUE_TYPE_${type}`];
}

function nameOfIndexed(value: number): string {
  const name = IndexedValueType[value] ?? String(value);
  return titled(name.replace('INDEXED_VALUE_TYPE_', ''));
}

function explained(error: unknown, namespace: string): Error {
  const code = grpcStatusOf(error)?.code;
  if (code === GRPC.NOT_FOUND) {
    return new Error(
      `Namespace '${namespace}' does not exist. Create it: temporal operator namespace create -n ${namespace}`,
      { cause: error },
    );
  }
  if (code === GRPC.PERMISSION_DENIED || code === UNIMPLEMENTED) {
    return new Error(
      `Search attributes of namespace '${namespace}' cannot be registered with these credentials. ` +
        `On Temporal Cloud add them in its console or by tcld: ${wanted()}.`,
      { cause: error },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

function wanted(): string {
  return Object.entries(SEARCH_ATTRIBUTES)
    .map(([name, type]) => `${name}=${typeName(type)}`)
    .join(', ');
}
