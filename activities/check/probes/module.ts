import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pMap from 'p-map';
import { z } from 'zod';
import type { CheckModuleConfig } from '../../../config/checks.js';
import { FAULT_KINDS } from '../../../model/choices.js';
import type { FaultKind } from '../../../model/diagnosis.js';
import type { Gap } from '../../../model/gap.js';
import { isCancelled } from '../../collect/gaps.js';
import { CannotCheck } from './guard.js';
import type { ModuleQuestion } from './module-child.js';
import type { Seen } from './probe.js';
import { askProgram, failure, seenByProgram, type Program } from './program.js';

/** To start Node.js and to load the module, on a busy machine. */
const LOAD_TIMEOUT_MS = 20_000;
/** Modules that are loaded at a time: each is a process. */
const CONCURRENCY = 2;
/** Memory of the child: a look at a suspect needs little. */
const MOST_HEAP_MEGABYTES = 128;
const MOST_CHECKS = 50;

const functionField = z.literal('function', { error: 'expected a function' });
const definition = z.strictObject({
  id: z.string().min(1).max(60),
  service: z.union([z.string().min(1).max(200), z.array(z.string().min(1).max(200)).min(1).max(50)]),
  speaksFor: z.enum(FAULT_KINDS).optional(),
  needs: z.array(z.string().min(1)).max(50).default([]),
  timeoutSeconds: z.number().positive().max(30).default(5),
  ask: functionField,
  isTrouble: functionField,
  statement: functionField,
});
const description = z.union([
  failure,
  z.strictObject({
    checks: z.array(z.unknown()).min(1).max(MOST_CHECKS),
  }),
]);

/** One check of a module, for one service. */
export interface ModuleCheck {
  id: string;
  service: string;
  speaksFor: FaultKind | null;
  timeoutSeconds: number;
  zone: string | null;
  /** Looks once. Throws CannotCheck. */
  look(context: { signal: AbortSignal; timeoutMs: number }): Promise<Seen[]>;
}

/** A module is loaded once in the life of a worker, as its configuration is; one that could not be is tried again. */
const loaded = new Map<string, Promise<ModuleCheck[]>>();

/** The checks of all modules. One that cannot be used is a gap that names the file and the field. */
export async function readModules(
  modules: readonly CheckModuleConfig[],
  signal: AbortSignal,
): Promise<{ checks: ModuleCheck[]; gaps: Gap[] }> {
  const gaps: Gap[] = [];
  const all = await pMap(
    modules,
    async (module) => {
      const key = JSON.stringify(module);
      const reading = loaded.get(key) ?? readModule(module);
      loaded.set(key, reading);
      try {
        return await reading;
      } catch (error) {
        loaded.delete(key);
        if (isCancelled(signal)) throw signal.reason;
        gaps.push({
          source: 'checks',
          what: `the checks of ${module.file}`,
          reason: (error as Error).message,
        });
        return [];
      }
    },
    { concurrency: CONCURRENCY },
  );
  return { checks: all.flat(), gaps };
}

/**
 * Loads one module in a process of its own.
 * @throws CannotCheck; the message names the file and the field
 */
export async function readModule(config: CheckModuleConfig): Promise<ModuleCheck[]> {
  const program = programOf(config.file);
  const question: ModuleQuestion = { check: null, service: '', timeoutMs: LOAD_TIMEOUT_MS, settings: {} };
  const limit = AbortSignal.timeout(LOAD_TIMEOUT_MS);
  const said = await askProgram(program, question, description, limit).catch((error: unknown) => {
    if (!limit.aborted) throw error;
    throw new CannotCheck(`${config.file}: not loaded within ${LOAD_TIMEOUT_MS / 1000} s`);
  });
  if ('error' in said) throw new CannotCheck(`${config.file}: ${said.error}`);
  const ids = new Set<string>();
  return said.checks.flatMap((one, index) => {
    const where = said.checks.length === 1 ? 'default export' : `default export[${index}]`;
    const parsed = definition.safeParse(one);
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!;
      throw new CannotCheck(`${config.file}: ${[where, ...path].join('.')}: ${message}`);
    }
    const { id } = parsed.data;
    if (ids.has(id))
      throw new CannotCheck(`${config.file}: ${where}.id: expected an id of its own, ${id} is taken`);
    ids.add(id);
    return checksOf(config, program, parsed.data, `${config.file}: ${where}`);
  });
}

function checksOf(
  { settings, secrets, zone }: CheckModuleConfig,
  program: Program,
  { id, service, speaksFor, needs, timeoutSeconds }: z.infer<typeof definition>,
  where: string,
): ModuleCheck[] {
  const given: Record<string, string> = { ...settings, ...secrets };
  const missing = needs.filter((name) => given[name] === undefined);
  if (missing.length > 0) {
    throw new CannotCheck(
      `${where}.needs: the configuration gives no ${missing.join(', ')} in settings or secrets`,
    );
  }
  const needed = Object.fromEntries(needs.map((name) => [name, given[name]!]));
  return [service].flat().map((name) => ({
    ...{ id, service: name, timeoutSeconds },
    ...{ speaksFor: speaksFor ?? null, zone: zone ?? null },
    look: async ({ signal, timeoutMs }) => {
      const question: ModuleQuestion = { check: id, service: name, timeoutMs, settings: needed };
      return seenByProgram(program, question, signal);
    },
  }));
}

/** The process that holds the module. */
function programOf(file: string): Program {
  const child = fileURLToPath(import.meta.url).replace(/module\.(ts|js)$/u, 'module-child.$1');
  const loaders = new Set([
    ...(child.endsWith('.ts') ? [loaderOf(import.meta.filename)] : []),
    ...typesOf(file),
  ]);
  const flags = [...loaders].flatMap((loader) => ['--import', loader]);
  return {
    name: file,
    file: process.execPath,
    args: [`--max-old-space-size=${MOST_HEAP_MEGABYTES}`, '--no-warnings', ...flags, child, file],
  };
}

/** What reads TypeScript: Node.js itself from 22.18 on, else tsx where it is installed beside the module. */
function typesOf(file: string): string[] {
  if (!['.ts', '.mts'].includes(extname(file)) || 'typescript' in process.features) return [];
  try {
    return [loaderOf(file)];
  } catch {
    const node = `Node.js ${process.versions.node}`;
    throw new CannotCheck(
      `${file}: ${node} reads no TypeScript: write .mjs, use 22.18, or install tsx beside it`,
    );
  }
}

function loaderOf(file: string): string {
  return pathToFileURL(createRequire(file).resolve('tsx')).href;
}
