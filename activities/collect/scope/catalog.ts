import { opendir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMatch } from 'matcher';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Gap } from '../../../model/gap.js';

/** A thousand teams' files are an export of the catalogue itself, which belongs into one file. */
const MOST_FILES = 500;
/** Entries of folders that are looked through for one pattern. */
const MOST_ENTRIES = 50_000;
/** Four thousand entities with their texts take about this much. */
const MOST_BYTES = 4 * 1024 * 1024;

/** How gaps of catalogues begin. */
export const DECLARED = 'calls declared in';

/** An annotation by which Backstage knows the workload of an entity. */
const WORKLOAD = 'backstage.io/kubernetes-id';

const refs = z.array(z.string().min(1)).default([]);
const entity = z.object({
  kind: z.string().min(1),
  metadata: z.object({
    name: z.string().min(1),
    namespace: z.string().min(1).default('default'),
    annotations: z.record(z.string(), z.unknown()).default({}),
  }),
  spec: z
    .object({ dependsOn: refs, dependencyOf: refs, providesApis: refs, consumesApis: refs })
    .prefault({}),
});
type Entity = z.infer<typeof entity>;

/** Kinds that have relations to others; people, teams and places are no services. */
const RELATED = ['component', 'resource', 'api', 'system'];
/** Those that serve something. */
const SERVING = ['component', 'resource'];

/** A call that a catalogue declares, by the names under which each side may be measured, the best first. */
export interface DeclaredCall {
  caller: string[];
  callee: string[];
  /** `declared in payment/catalog-info.yaml` */
  source: string;
}

interface Declared {
  of: Entity;
  source: string;
}

/**
 * The calls that Backstage catalogue files declare: what a component or resource depends on, and who provides the APIs
 * that it consumes. A file or a document that cannot be read is a gap that names it; the others count.
 *
 * @param patterns paths of files; `*` stands for any part of a path
 */
export async function readCatalogs(
  patterns: readonly string[],
): Promise<{ calls: DeclaredCall[]; gaps: Gap[] }> {
  const gaps: Gap[] = [];
  const gap = (what: string, reason: string): void => {
    gaps.push({ source: 'catalogue', what: `${DECLARED} ${what}`, reason });
  };
  const files = new Set<string>();
  for (const pattern of patterns) {
    const found = await filesOf(pattern);
    if (typeof found === 'string') gap(pattern, found);
    else for (const file of found) files.add(file);
  }
  const read = [...files].slice(0, MOST_FILES);
  if (files.size > read.length) {
    gap(`${files.size - read.length} further files`, `at most ${MOST_FILES} are read (topology.catalogs)`);
  }
  const entities = (await Promise.all(read.map((file) => entitiesOf(file, gap)))).flat();
  return { calls: callsBetween(entities), gaps };
}

/** The files that a pattern fits, or why there is none. */
async function filesOf(pattern: string): Promise<string[] | string> {
  if (!pattern.includes('*')) return [pattern];
  const base = path.dirname(pattern.slice(0, pattern.indexOf('*') + 1));
  const found: string[] = [];
  let entries = 0;
  try {
    for await (const entry of await opendir(base, { recursive: true })) {
      if (++entries > MOST_ENTRIES)
        return `${base} has more than ${MOST_ENTRIES} entries: name a folder below it`;
      const file = path.join(entry.parentPath, entry.name);
      if (entry.isFile() && isMatch(file, pattern, { caseSensitive: true })) found.push(file);
    }
  } catch (error) {
    return reasonOf(error);
  }
  return found.length === 0 ? 'no file fits the pattern' : found.sort();
}

async function entitiesOf(file: string, gap: (what: string, reason: string) => void): Promise<Declared[]> {
  const shown = file.split(path.sep).slice(-2).join('/');
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES / 1024 / 1024} MiB`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    gap(file, reasonOf(error));
    return [];
  }
  const documents = parseAllDocuments(text);
  return [...documents].flatMap((document, i) => {
    const where = `document ${i + 1}`;
    const [broken] = document.errors;
    if (broken) {
      gap(file, `${where}: no valid YAML: ${broken.message.split('\n')[0]}`);
      return [];
    }
    const content: unknown = document.toJS();
    // A file may end with a line of three dashes.
    if (content === null) return [];
    const kind = z.object({ kind: z.string() }).safeParse(content);
    if (kind.success && !RELATED.includes(kind.data.kind.toLowerCase())) return [];
    const parsed = entity.safeParse(content);
    if (parsed.success) return [{ of: parsed.data, source: `declared in ${shown}` }];
    const [issue] = parsed.error.issues;
    gap(file, `${where}: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
    return [];
  });
}

function callsBetween(entities: readonly Declared[]): DeclaredCall[] {
  const byRef = new Map(entities.map((one) => [refOf(one.of), one.of]));
  const providers = new Map<string, Entity[]>();
  for (const { of } of entities) {
    for (const api of of.spec.providesApis) {
      const ref = wholeRef(api, 'api', of);
      providers.set(ref, [...(providers.get(ref) ?? []), of]);
    }
  }
  /** Names of what a reference means, also where the catalogue does not hold it. */
  const namesAt = (ref: string): string[] | null => {
    const [kind = '', name = ''] = [ref.split(':')[0], ref.split('/').at(-1)];
    if (!SERVING.includes(kind)) return null;
    const known = byRef.get(ref);
    return known ? namesOf(known) : [name];
  };
  return entities
    .filter(({ of }) => SERVING.includes(of.kind.toLowerCase()))
    .flatMap(({ of, source }) => {
      const own = namesOf(of);
      const below = of.spec.dependsOn.map((ref) => namesAt(wholeRef(ref, 'component', of)));
      const served = of.spec.consumesApis.flatMap((api) => providers.get(wholeRef(api, 'api', of)) ?? []);
      const above = of.spec.dependencyOf.map((ref) => namesAt(wholeRef(ref, 'component', of)));
      return [
        ...[...below, ...served.map(namesOf)].flatMap((callee) =>
          callee ? [{ caller: own, callee, source }] : [],
        ),
        ...above.flatMap((caller) => (caller ? [{ caller, callee: own, source }] : [])),
      ];
    });
}

/** A name by which metrics may know an entity. */
function namesOf({ metadata: { name, annotations } }: Entity): string[] {
  const workload = annotations[WORKLOAD];
  return typeof workload === 'string' && workload !== '' ? [workload, name] : [name];
}

function refOf({ kind, metadata: { name, namespace } }: Entity): string {
  return `${kind}:${namespace}/${name}`.toLowerCase();
}

/** `[kind:][namespace/]name` with what it leaves out. */
function wholeRef(ref: string, usualKind: string, { metadata }: Entity): string {
  const [rest = '', kind = usualKind] = ref.split(':').reverse();
  const [name = '', namespace = metadata.namespace] = rest.split('/').reverse();
  return `${kind}:${namespace}/${name}`.toLowerCase();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be read';
  const code = 'code' in error ? String(error.code) : '';
  return code === 'ENOENT'
    ? 'there is no such file'
    : code === ''
      ? error.message
      : `it cannot be read (${code})`;
}
