import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, type Problem } from '../../../../config/config-error.js';
import { problemsOf } from '../../../../config/problems.js';
import { mapScalars, schemaNode } from '../../../../config/schema-walk.js';
import { parseYamlDocuments } from '../../../../config/yaml-file.js';
import { nativeVariant } from './native.js';
import { isTimeUnit, packFile, type Pack, type PackFile } from './schema.js';
import { writtenOut } from './requests.js';
import { fill, variablesOf, type Variables } from './template.js';

/** Variables that every query may use, filled in when it is asked. */
export const BUILT_IN = [
  'selector',
  'window',
  'service',
  'named',
  'called',
  'host',
  'lookback',
  'before',
  'since',
] as const;

const root = schemaNode(packFile);

/** Reads the packs that come with Faultline and the user's own, the most believed first. */
export async function loadPacks(own: readonly string[] = []): Promise<Pack[]> {
  const folder = await shippedFolder();
  const shipped = (await readdir(folder)).filter((name) => name.endsWith('.yml')).sort();
  const files = [...shipped.map((name) => path.join(folder, name)), ...own];
  const packs = (await Promise.all(files.map(readPack))).flat().flatMap(withNative);
  const names = new Map<string, string>();
  for (const { name, file } of packs) {
    const other = names.get(name);
    if (other !== undefined) {
      throw packError(file, 'name', `the pack ${name} is already in ${other}`, 'give it another name');
    }
    names.set(name, file);
  }
  return byBelief(packs);
}

/** The most believed first. Sorting is stable: within a file, variants keep their order of preference. */
export function byBelief(packs: readonly Pack[]): Pack[] {
  return [...packs].sort((a, b) => a.priority - b.priority);
}

/** What is kept in classic histograms may be kept in native ones, and in both. */
function withNative(pack: Pack): Pack[] {
  const native = nativeVariant(pack);
  return native ? [pack, native] : [pack];
}

/** `packs/` beside this source, or beside the built code. */
async function shippedFolder(): Promise<string> {
  for (const up of ['../../../../packs', '../../../../../packs']) {
    const folder = fileURLToPath(new URL(`${up}/`, import.meta.url));
    try {
      const names = await readdir(folder);
      if (names.includes('README.md')) return folder;
    } catch {
      // Not here.
    }
  }
  throw new Error('the folder packs/ of the installation is missing: install Faultline again');
}

async function readPack(file: string): Promise<Pack[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw packError(file, '', `the pack cannot be read: ${reason}`, 'see packs.files in the configuration');
  }
  return parsePack(text, file);
}

/**
 * The packs of a file, which holds one or, parted by `---`, several.
 *
 * @throws ConfigError with all that is wrong with the first that cannot be used
 */
export function parsePack(text: string, file: string): Pack[] {
  const documents = parseYamlDocuments(text, file);
  if (documents.length === 0)
    throw packError(file, '', 'it holds no pack', 'see packs/README.md for the form');
  return documents.flatMap((document) => readDocument(document.toJS(), file));
}

function readDocument(input: unknown, file: string): Pack[] {
  const parsed = packFile.safeParse(input);
  if (!parsed.success)
    throw new ConfigError(
      file,
      problemsOf(parsed.error, input, root, () => null),
    );
  const packs = variantsOf(parsed.data, file);
  const problems = packs.flatMap(queryProblems);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return packs;
}

function variantsOf({ variants, set, detect, ...rest }: PackFile, file: string): Pack[] {
  if (detect) return [filled({ ...rest, detect }, set, file)];
  return variants.map((variant) =>
    filled(
      {
        ...rest,
        name: `${rest.name}/${variant.name}`,
        about: variant.about ?? rest.about,
        labels: variant.labels ?? rest.labels,
        detect: variant.detect,
      },
      { ...set, ...variant.set },
      file,
    ),
  );
}

type OneVariant = Omit<PackFile, 'variants' | 'set' | 'detect'> & Pick<Pack, 'detect'>;

/** Fills the pack's own variables into everything that it asks, values may use one another; writes requests out. */
function filled({ requests, calls, slices, ...pack }: OneVariant, set: Variables, file: string): Pack {
  const own = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, fill(value, set)]));
  const filledIn = <T>(specs: T): T => mapTexts(specs, (text) => fill(text, own)) as T;
  const counted = { requests: filledIn(requests), calls: filledIn(calls), slices: filledIn(slices) };
  for (const [group, specs] of Object.entries(counted)) {
    const at = specs.findIndex(({ unit }) => !isTimeUnit(unit));
    if (at >= 0) {
      throw packError(
        file,
        `${group}[${at}].unit`,
        `${specs[at]!.unit} is no unit of time`,
        'write s, ms, us or ns',
      );
    }
  }
  const written = writtenOut(counted.requests, counted.calls);
  return {
    ...pack,
    file,
    callees: written.callees,
    slices: [...counted.requests, ...counted.slices],
    signals: [...written.signals, ...filledIn(pack.signals)],
    edges: [...written.edges, ...filledIn(pack.edges)],
    placements: filledIn(pack.placements),
    changes: filledIn(pack.changes),
    checks: [...written.checks, ...filledIn(pack.checks)],
  };
}

function mapTexts(value: unknown, replace: (text: string) => string): unknown {
  return mapScalars(value, [], (scalar) => (typeof scalar === 'string' ? replace(scalar) : scalar));
}

function queryProblems(pack: Pack): Problem[] {
  const known = new Set<string>(BUILT_IN);
  const groups = {
    signals: pack.signals,
    edges: pack.edges,
    placements: pack.placements,
    changes: pack.changes,
    checks: pack.checks,
  };
  return Object.entries(groups).flatMap(([group, specs]) =>
    specs.flatMap(({ query }, i) => {
      const at = (problem: string, remedy: string): Problem => ({
        path: `${group}[${i}].query`,
        problem,
        remedy,
        line: null,
      });
      const unknown = variablesOf(query).filter((name) => !known.has(name));
      const strangers = unknown.map((name) =>
        at(`there is no variable $${name}`, `set it, or use one of $${BUILT_IN.join(', $')}`),
      );
      if (variablesOf(query).includes('selector')) return strangers;
      return [
        ...strangers,
        at('the query does not use $selector', 'put $selector between the braces: metric{$selector}'),
      ];
    }),
  );
}

function packError(file: string, where: string, problem: string, remedy: string): ConfigError {
  return new ConfigError(file, [{ path: where, problem, remedy, line: null }]);
}
