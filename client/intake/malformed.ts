import type { z } from 'zod';

/** One thing that is wrong with a payload. */
export interface Fault {
  /** Where: `alerts[0].startsAt`; empty for the body as a whole. */
  field: string;
  /** `expected an RFC 3339 time, got "yesterday"` */
  problem: string;
}

/** A body that can never be accepted: sending it again is of no use. */
export class MalformedPayload extends Error {
  constructor(readonly faults: Fault[]) {
    super(faults.map(({ field, problem }) => (field ? `${field}: ${problem}` : problem)).join('; '));
    this.name = 'MalformedPayload';
  }
}

/** A sender gets the first few faults; a body of ten thousand broken alerts has one cause, not ten thousand. */
export const MAX_FAULTS = 10;
const MAX_SHOWN_VALUE = 60;
const MAX_SHOWN_FIELD = 200;

/**
 * Reads `body` by `schema`, whose error messages say what was expected (`expected an RFC 3339 time`);
 * what came instead is added here.
 *
 * @param at where `body` stands in the payload, for the fields in errors: `['alerts', 3]`
 * @throws MalformedPayload
 */
export function readBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  at: PropertyKey[] = [],
): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new MalformedPayload(
    result.error.issues.slice(0, MAX_FAULTS).map(({ path, message }) => ({
      field: cut(fieldOf([...at, ...path]), MAX_SHOWN_FIELD),
      problem: `${message}, ${shown(valueAt(body, path))}`,
    })),
  );
}

function fieldOf(path: PropertyKey[]): string {
  return path.reduce<string>((field, key) => {
    if (typeof key === 'number') return `${field}[${key}]`;
    const name = String(key);
    if (!/^[A-Za-z_]\w*$/.test(name)) return `${field}[${JSON.stringify(name)}]`;
    return field ? `${field}.${name}` : name;
  }, '');
}

function valueAt(body: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    body,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'it is missing';
  if (Array.isArray(value)) return `got a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'got an object';
  return `got ${cut(JSON.stringify(value), MAX_SHOWN_VALUE)}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
