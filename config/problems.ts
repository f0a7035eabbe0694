import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { Problem } from './config-error.js';
import { knownKeys, nodesAt, pathText, valueAt, type Path, type SchemaNode } from './schema-walk.js';

/** What zod found, in the words of the file. `root` is the schema as data, `input` what was validated. */
export function problemsOf(
  error: z.ZodError,
  input: unknown,
  root: SchemaNode,
  lineOf: (path: Path) => number | null,
): Problem[] {
  return error.issues.flatMap(meantOf).flatMap((issue) => {
    const nodes = nodesAt(root, input, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(nodes).filter((key) => valueAt(input, [...issue.path, key]) === undefined);
      return issue.keys.map((key) => unknownKey(key, issue.path, known, lineOf([...issue.path, key])));
    }
    const value = valueAt(input, issue.path);
    const path = pathText(issue.path);
    const line = lineOf(issue.path);
    if (value === undefined && issue.code !== 'custom') {
      return [{ path, problem: 'is missing', remedy: `expected ${expected(issue, nodes)}`, line }];
    }
    const got = nodes.some((node) => node.secret) ? kindOf(value) : shown(withoutLogin(value));
    const problem =
      issue.code === 'custom' ? issue.message : `expected ${expected(issue, nodes)}, got ${got}`;
    return [{ path, problem, remedy: remedyOf(issue, value), line }];
  });
}

/** What is wrong within a value of the right type. */
const WITHIN: readonly string[] = ['unrecognized_keys', 'too_small', 'too_big', 'custom'];

/** Of a value that may be one thing or a list of them, what is wrong with that which it is. */
function meantOf(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || WITHIN.includes(code)),
  );
  if (meant.length !== 1) return [issue];
  return meant[0]!.flatMap((inner) => meantOf({ ...inner, path: [...issue.path, ...inner.path] }));
}

function unknownKey(key: string, parent: Path, known: string[], line: number | null): Problem {
  return {
    path: pathText([...parent, key]),
    problem: 'there is no such setting',
    remedy: nearest(key, known) ?? (known.length > 0 ? `known here: ${known.join(', ')}` : 'leave it out'),
    line,
  };
}

/** `write 'warn'`, when one of the candidates is what was probably meant. */
function nearest(written: string, candidates: string[]): string | null {
  const best = nearestOf(written, candidates);
  if (best === undefined) return null;
  const [a, b] = [written.toLowerCase(), best.toLowerCase()];
  const isNear = distance(a, b) <= Math.max(2, b.length / 3) || a.startsWith(b) || b.startsWith(a);
  return isNear ? `write '${best}'` : null;
}

/** The candidate most like what was written, whatever the letter case. */
export function nearestOf(written: string, candidates: readonly string[]): string | undefined {
  const lower = candidates.map((candidate) => candidate.toLowerCase());
  return lower.length === 0 ? undefined : candidates[lower.indexOf(closest(written.toLowerCase(), lower))];
}

const ADDRESS = 'an http(s) address';

type Issue = z.core.$ZodIssue;

function expected(issue: Issue, nodes: readonly SchemaNode[]): string {
  switch (issue.code) {
    case 'invalid_format':
      return issue.format === 'url'
        ? 'an http(s) address'
        : `a text of the form ${issue.pattern ?? issue.format}`;
    case 'invalid_value':
      return choice(issue.values);
    case 'too_small':
      return bounded(issue.origin, Number(issue.minimum), issue.inclusive === false ? 'above' : 'at least');
    case 'too_big':
      return bounded(issue.origin, Number(issue.maximum), issue.inclusive === false ? 'below' : 'at most');
    case 'invalid_union': {
      const options: unknown = Reflect.get(issue, 'options');
      if (Array.isArray(options)) return choice(options);
      return [...new Set(issue.errors.flatMap(([first]) => (first ? [expected(first, [])] : [])))].join(
        ' or ',
      );
    }
    case 'invalid_type':
      if (nodes.some((node) => node.format === 'uri')) return ADDRESS;
      return TYPE_WORDS[issue.expected] ?? `a ${issue.expected}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return nodes.map((node) => TYPE_WORDS[node.type ?? ''] ?? 'another value').join(' or ');
  }
}

function remedyOf(issue: Issue, value: unknown): string {
  if (typeof value !== 'string') return '';
  // A bare host and port, the commonest slip: to a URL parser `prom:` is a scheme.
  if (issue.code === 'invalid_format' && issue.format === 'url' && /^[\w.-]+(:\d+)?(\/.*)?$/.test(value)) {
    return `write http://${value}`;
  }
  if (issue.code === 'invalid_format' && issue.format === 'url' && LOGIN.test(value)) {
    return 'percent-encode its password (%2F for /, %3F for ?, %23 for #), or set the login as auth';
  }
  if (issue.code === 'invalid_value') return nearest(value, issue.values.map(String)) ?? '';
  const options: unknown = issue.code === 'invalid_union' ? Reflect.get(issue, 'options') : null;
  return Array.isArray(options) ? (nearest(value, options.map(String)) ?? '') : '';
}

/** What looks like the login of an address, also where its password makes it no address. */
const LOGIN = /(?<=:\/\/).*(?=@)/s;

function withoutLogin(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(LOGIN, '***') : value;
}

const TYPE_WORDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function choice(values: readonly unknown[]): string {
  const quoted = values.map((value) => shown(value));
  return quoted.length === 1 ? quoted[0]! : `one of ${quoted.join(', ')}`;
}

function bounded(origin: string, bound: number, words: string): string {
  if (origin === 'string')
    return bound === 1 ? 'a text that is not empty' : `a text of ${words} ${bound} characters`;
  if (origin === 'array')
    return bound === 1 ? 'a list that is not empty' : `a list of ${words} ${bound} entries`;
  return `a number ${words} ${bound}`;
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 80)}...` : value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return TYPE_WORDS[typeof value] ?? typeof value;
}
