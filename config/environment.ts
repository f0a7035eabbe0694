import { parse } from 'yaml';
import type { Problem } from './config-error.js';
import { nearestOf } from './problems.js';
import {
  alternatives,
  childOf,
  knownKeys,
  mapScalars,
  nodesAt,
  pathText,
  under,
  type Path,
  type SchemaNode,
} from './schema-walk.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const PLACEHOLDER = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Puts environment variables into the texts of a document: `${NAME}`, or `${NAME:-default}` for one that is unset or
 * empty. `$${` stands for `${` itself. Where the schema takes no text, what came out is read as a number, a
 * boolean or a list.
 */
export function interpolate(
  document: unknown,
  root: SchemaNode,
  env: Environment,
): { document: unknown; problems: Problem[] } {
  const problems: Problem[] = [];
  const filled = mapScalars(document, alternatives(root, document), (scalar, nodes, path) => {
    if (typeof scalar !== 'string' || !scalar.includes('${')) return scalar;
    const text = scalar.replace(PLACEHOLDER, (whole, name?: string, fallback?: string) => {
      if (name === undefined) return '${';
      const value = env[name];
      if (fallback !== undefined) return value ? value : fallback;
      if (value !== undefined) return value;
      problems.push({
        path: pathText(path),
        problem: `the environment variable ${name} is not set`,
        remedy: `set it, or give a default: \${${name}:-...}`,
        line: null,
      });
      return whole;
    });
    return fitted(text, nodes);
  });
  return { document: filled, problems };
}

interface Overridden {
  document: unknown;
  problems: Problem[];
  /** Which variable gave which part of the document. */
  origins: { path: Path; variable: string }[];
}

const PREFIX = 'FAULTLINE__';

/**
 * Lays variables such as `FAULTLINE__METRICS__URL` or `FAULTLINE__SINKS__0__TIMEOUT_SECONDS` over a document: two
 * underscores go one level down, one stands inside a word; letter case does not count. Lists and mappings
 * are written as in YAML: `FAULTLINE__PACKS__USE='[otel-http]'`.
 */
export function override(document: unknown, root: SchemaNode, env: Environment): Overridden {
  const problems: Problem[] = [];
  const origins: Overridden['origins'] = [];
  let result = document;
  for (const [name, text] of Object.entries(env).sort(([a], [b]) => a.localeCompare(b))) {
    if (!name.startsWith(PREFIX) || text === undefined) continue;
    const words = name.slice(PREFIX.length).split('__');
    try {
      const path = pathFor(result, alternatives(root, result), words);
      result = withValue(result, path, fitted(text, nodesAt(root, result, path)));
      origins.push({ path, variable: name });
    } catch (error) {
      if (!(error instanceof UnknownWord)) throw error;
      const near = nearestOf(error.word.replaceAll('_', ''), error.known);
      problems.push({
        path: name,
        problem: `there is no setting '${error.word}'`,
        remedy: near === undefined ? '' : `did you mean '${near}'?`,
        line: null,
      });
    }
  }
  return { document: result, problems, origins };
}

class UnknownWord extends Error {
  constructor(
    readonly word: string,
    readonly known: string[],
  ) {
    super(word);
  }
}

/** Where the words of a variable lead. @throws UnknownWord */
function pathFor(value: unknown, nodes: SchemaNode[], words: readonly string[]): (string | number)[] {
  const [word, ...rest] = words;
  if (word === undefined) return [];
  const key = keyFor(word, nodes);
  return [key, ...pathFor(childOf(value, key), under(nodes, key, value), rest)];
}

function withValue(value: unknown, [key, ...rest]: readonly (string | number)[], leaf: unknown): unknown {
  if (key === undefined) return leaf;
  const child = withValue(childOf(value, key), rest, leaf);
  if (typeof key === 'number') {
    const list = Array.isArray(value) ? [...(value as unknown[])] : [];
    list[key] = child;
    return list;
  }
  return { ...(typeof value === 'object' && value !== null ? value : {}), [key]: child };
}

function keyFor(word: string, nodes: SchemaNode[]): string | number {
  const plain = (text: string): string => text.replaceAll('_', '').toLowerCase();
  const known = knownKeys(nodes);
  const match = known.find((key) => plain(key) === plain(word));
  if (match !== undefined) return match;
  if (/^\d+$/.test(word) && nodes.some((node) => node.type === 'array')) return Number(word);
  if (nodes.some((node) => typeof node.additionalProperties === 'object')) return word;
  throw new UnknownWord(word, known);
}

/** A text from the environment as what the schema takes at its place. */
function fitted(text: string, nodes: readonly SchemaNode[]): unknown {
  const types = new Set(nodes.map((node) => node.type ?? typeof node.const));
  const isFlow = /^[[{]/.test(text.trim()) && (types.has('array') || types.has('object'));
  if (types.size === 0 || (types.has('string') && !isFlow)) return text;
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}
