import { userInfo } from 'node:os';
import { ConfigError } from '../../config/config-error.js';
import type { Config } from '../../config/schema.js';
import type { IncidentsOptions } from '../temporal-incidents.js';
import type { CliDependencies, ClientSettings } from './context.js';
import { EXIT } from './exit-codes.js';

/** What reaches beyond Temporal, which is all that the client may know. */
interface Beyond extends Pick<CliDependencies, 'renderer' | 'knownServices'> {
  /** Completes the excerpt of a record that an incident answers, from the store. */
  completeFrom(store: Config['store']): IncidentsOptions['complete'];
}

/** The commands' world in a real process. */
export function processDependencies({ completeFrom, ...beyond }: Beyond): CliDependencies {
  endQuietlyWhenNobodyReads(process.stdout);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    user: userName(),
    now: () => Date.now() / 1000,
    loadSettings: (file) => loadClientSettings({ file, env: process.env }),
    async openIncidents({ temporal, store }) {
      const [{ createIncidents }, { openTemporal }] = await Promise.all([
        import('../temporal-incidents.js'),
        import('../temporal.js'),
      ]);
      return createIncidents(openTemporal({ profile: temporal.profile }), {
        complete: store && completeFrom(store),
      });
    },
    async openRollouts({ temporal: { profile } }) {
      const [{ createChangeReports }, { createGuards }, { openTemporal }] = await Promise.all([
        import('../reported-changes.js'),
        import('../guards.js'),
        import('../temporal.js'),
      ]);
      const temporal = openTemporal({ profile });
      return {
        ...createChangeReports(temporal),
        guards: createGuards(temporal),
        close: () => temporal.close(),
      };
    },
    browse,
    ...beyond,
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
  const { loadConfig } = await import('../../config/load.js');
  const load = async (env: NodeJS.ProcessEnv) => {
    const file = where.file !== undefined && { file: where.file };
    const cwd = where.cwd !== undefined && { cwd: where.cwd };
    return (await loadConfig({ ...file, ...cwd, env })).config;
  };
  try {
    const config = await load(where.env);
    return { ...clientPart(config), config };
  } catch (error) {
    const isAllFromEnvironment = error instanceof ConfigError && error.file === null;
    if (!isAllFromEnvironment || Object.keys(where.env).some(namesMetrics)) throw error;
    return clientPart(await load({ ...where.env, ...UNUSED_METRICS }));
  }
}

function clientPart({ environment, temporal, store, followUp }: Config): ClientSettings {
  return { environment, temporal, store, followUp };
}

const UNUSED_METRICS = {
  FAULTLINE__METRICS__TYPE: 'prometheus',
  FAULTLINE__METRICS__URL: 'http://unused.invalid',
};

function namesMetrics(variable: string): boolean {
  return variable.startsWith('FAULTLINE__METRICS');
}

const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Where no browser can be opened, as over SSH, the addresses have been printed. */
async function browse(url: string): Promise<void> {
  const { execa } = await import('execa');
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  await execa(program, [...args, url], { stdio: 'ignore', reject: false });
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
