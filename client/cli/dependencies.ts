import { userInfo } from 'node:os';
import { ConfigError, loadConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { createIncidents, type IncidentsOptions } from '../temporal-incidents.js';
import { openTemporal } from '../temporal.js';
import type { CliDependencies, ClientSettings, RecordRenderer } from './context.js';
import { EXIT } from './exit-codes.js';

/** The commands' world in a real process. */
export function processDependencies(
  render: RecordRenderer,
  completeFrom: (store: Config['store']) => IncidentsOptions['complete'],
): CliDependencies {
  endQuietlyWhenNobodyReads(process.stdout);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    user: userName(),
    now: () => Date.now() / 1000,
    loadSettings: (file) => loadClientSettings({ file, env: process.env }),
    openIncidents: ({ temporal, store }) =>
      createIncidents(openTemporal({ profile: temporal.profile }), {
        complete: store && completeFrom(store),
      }),
    render,
  };
}

/**
 * A client command needs only `environment` and `temporal`, so it works where there is no configuration file at
 * all: a source of metrics that it never reads stands in for the one that the file would name.
 *
 * @throws ConfigError when there is a file and it cannot be used.
 */
export async function loadClientSettings(where: {
  file?: string | undefined;
  env: NodeJS.ProcessEnv;
  cwd?: string | undefined;
}): Promise<ClientSettings> {
  const load = async (env: NodeJS.ProcessEnv) => {
    const file = where.file !== undefined && { file: where.file };
    const cwd = where.cwd !== undefined && { cwd: where.cwd };
    return (await loadConfig({ ...file, ...cwd, env })).config;
  };
  try {
    return await load(where.env);
  } catch (error) {
    const isAllFromEnvironment = error instanceof ConfigError && error.file === null;
    if (!isAllFromEnvironment || Object.keys(where.env).some(namesMetrics)) throw error;
    return load({ ...where.env, ...UNUSED_METRICS });
  }
}

const UNUSED_METRICS = {
  FAULTLINE__METRICS__TYPE: 'prometheus',
  FAULTLINE__METRICS__URL: 'http://unused.invalid',
};

function namesMetrics(variable: string): boolean {
  return variable.startsWith('FAULTLINE__METRICS');
}

/** `faultline list | head` closes the pipe before all is written, which is no failure. */
function endQuietlyWhenNobodyReads(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in passwd, as in many containers.
    return process.env['USER'] ?? 'unknown';
  }
}
