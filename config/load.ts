import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loginOf } from './address-login.js';
import { ConfigError, type Problem } from './config-error.js';
import { interpolate, override, type Environment } from './environment.js';
import { problemsOf } from './problems.js';
import { configSchema, type Config } from './schema.js';
import { alternatives, mapScalars, schemaNode, type Path } from './schema-walk.js';
import { parseYaml, type YamlFile } from './yaml-file.js';

export { ConfigError, type Problem } from './config-error.js';
export { redact } from './redact.js';

export interface LoadedConfig {
  config: Config;
  /** The file that was read; null when all came from the environment. */
  file: string | null;
  /** Folder that relative paths were resolved against. */
  directory: string;
  /** Values that must never be shown, for `redact`. */
  secrets: string[];
}

export interface LoadOptions {
  /** Given by the user (`--config`). */
  file?: string;
  /** @default process.env */
  env?: Environment;
  /** Where faultline.yml is looked for. @default the working directory */
  cwd?: string;
}

const DEFAULT_FILE = 'faultline.yml';

const root = schemaNode(configSchema);

/**
 * Reads the configuration: the given file, else the one that FAULTLINE_CONFIG names, else faultline.yml in the
 * working directory if there is one; then variables of the environment into it and over it (environment.ts).
 *
 * @throws ConfigError with all that is wrong
 */
export async function loadConfig(options: LoadOptions = {}): Promise<LoadedConfig> {
  return (await readConfig(options)).loaded;
}

/** A configuration with what it was made of. */
export interface ConfigParts {
  loaded: LoadedConfig;
  /** As the file has it, before variables. */
  written: unknown;
  /** With variables, before defaults. */
  given: unknown;
  overrides: { path: Path; variable: string }[];
  /** The line of a setting in the file; null when it does not come from there. */
  lineOf: (path: Path) => number | null;
  /** The file as it was named; null when there is none. */
  shownFile: string | null;
}

/** As `loadConfig`, with the parts. */
export async function readConfig(options: LoadOptions = {}): Promise<ConfigParts> {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const named = options.file ?? (env.FAULTLINE_CONFIG || undefined);
  const file = path.resolve(cwd, named ?? DEFAULT_FILE);
  const text = await readIfThere(file, named !== undefined);
  const shownFile = text === null ? null : (named ?? DEFAULT_FILE);
  const directory = text === null ? cwd : path.dirname(file);

  const yaml = parseYaml(text ?? '', shownFile);
  const written: unknown = yaml.document.toJS() ?? {};
  const lineOf = lineFinder(yaml);
  const overridden = override(written, root, env);
  const filled = interpolate(overridden.document, root, env);
  const early = [...overridden.problems, ...filled.problems];
  if (early.length > 0) throw new ConfigError(shownFile, early);

  const parsed = configSchema.safeParse(filled.document);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error, filled.document, root, lineOf);
    throw new ConfigError(shownFile, text === null ? [...problems, noFile(cwd)] : problems);
  }
  return {
    loaded: { ...finished(parsed.data, directory), file: text === null ? null : file, directory },
    written,
    given: filled.document,
    overrides: overridden.origins,
    lineOf,
    shownFile,
  };
}

async function readIfThere(file: string, isNamed: boolean): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT' && !isNamed) return null;
    const problem = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`;
    throw new ConfigError(file, [{ path: '', problem, remedy: '', line: null }]);
  }
}

function noFile(cwd: string): Problem {
  return {
    path: '',
    problem: `no configuration file: there is no ${path.join(cwd, DEFAULT_FILE)}`,
    remedy: 'write one, or name yours by --config or FAULTLINE_CONFIG',
    line: null,
  };
}

/** The line of a setting, or of the nearest thing around it that is in the file. */
function lineFinder({ document, lines }: YamlFile): (path: Path) => number | null {
  return (of) => {
    for (let depth = of.length; depth > 0; depth--) {
      const node: unknown = document.getIn(of.slice(0, depth), true);
      const range: unknown = typeof node === 'object' && node !== null ? Reflect.get(node, 'range') : null;
      if (Array.isArray(range)) return lines.linePos(Number(range[0])).line;
    }
    return null;
  };
}

/** Makes paths absolute and gathers secrets, both as the schema marks them. */
function finished(config: Config, directory: string): Pick<LoadedConfig, 'config' | 'secrets'> {
  const secrets: string[] = [];
  const resolved = mapScalars(config, alternatives(root, config), (scalar, nodes) => {
    if (typeof scalar !== 'string') return scalar;
    if (nodes.some((node) => node.secret)) secrets.push(scalar);
    if (nodes.some((node) => node.format === 'uri')) secrets.push(...passwordOf(scalar));
    return nodes.some((node) => node.filePath) ? path.resolve(directory, scalar) : scalar;
  });
  return { config: resolved as Config, secrets };
}

function passwordOf(address: string): string[] {
  const { password = '' } = loginOf(new URL(address)) ?? {};
  return password === '' ? [] : [password];
}
