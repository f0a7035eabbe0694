import { z } from 'zod';

export type Path = readonly PropertyKey[];

/** The part of JSON Schema that zod writes for our files. */
export interface SchemaNode {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  /** Never shown. */
  secret?: boolean;
  /** A path, relative to the file that names it. */
  filePath?: boolean;
}

/** What a zod schema accepts, as data that can be walked. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
}

/**
 * The nodes that a value may satisfy: the alternatives of a union, of which only those whose `type` (or other
 * constant) is the value's own when it has one.
 */
export function alternatives(node: SchemaNode, value: unknown): SchemaNode[] {
  const options = node.anyOf ?? node.oneOf;
  if (!options) return [node];
  const matching = options.filter((option) => constantsMatch(option, value));
  return (matching.length > 0 ? matching : options).flatMap((option) => alternatives(option, value));
}

function constantsMatch(node: SchemaNode, value: unknown): boolean {
  if (!node.properties) return false;
  return Object.entries(node.properties).every(
    ([key, property]) => property.const === undefined || property.const === childOf(value, key),
  );
}

/** The nodes under one key of a value, none when the schema knows no such key. */
export function under(nodes: readonly SchemaNode[], key: PropertyKey, value: unknown): SchemaNode[] {
  return nodes.flatMap((node) => {
    const child = childNode(node, key);
    return child ? alternatives(child, childOf(value, key)) : [];
  });
}

function childNode(node: SchemaNode, key: PropertyKey): SchemaNode | undefined {
  if (node.type === 'array') return typeof key === 'number' ? node.items : undefined;
  const property = node.properties?.[String(key)];
  if (property) return property;
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}

/** The nodes at a path of a value. */
export function nodesAt(root: SchemaNode, value: unknown, path: Path): SchemaNode[] {
  let nodes = alternatives(root, value);
  let current = value;
  for (const key of path) {
    nodes = under(nodes, key, current);
    current = childOf(current, key);
  }
  return nodes;
}

export function knownKeys(nodes: readonly SchemaNode[]): string[] {
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

export function childOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(childOf, value);
}

/** Replaces every scalar of a value, with the nodes that it may satisfy at hand. */
export function mapScalars(
  value: unknown,
  nodes: readonly SchemaNode[],
  replace: (scalar: unknown, nodes: readonly SchemaNode[], path: Path) => unknown,
  path: Path = [],
): unknown {
  const visit = (child: unknown, key: PropertyKey): unknown =>
    mapScalars(child, under(nodes, key, value), replace, [...path, key]);
  if (Array.isArray(value)) return value.map(visit);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, visit(child, key)]));
  }
  return replace(value, nodes, path);
}

/** `sinks[0].url`, as people write it. */
export function pathText(path: Path): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
}
