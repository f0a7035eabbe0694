import type { CliDependencies, KnownService } from '../../client/cli/context.js';
import { runProgram } from '../../client/cli/program.js';
import { faultlineProgram } from '../../workers/cli/all-commands.js';
import { T0 } from './anomalies.js';
import { fakeIncidents, type FakeIncidents } from './fake-incidents.js';
import { fakeRollouts, type FakeRollouts } from './fake-rollouts.js';
import { fakeTerminal } from './terminal.js';

export const NOW = T0 + 600;

export interface CliRun {
  code: number;
  out: string;
  err: string;
  incidents: FakeIncidents;
  /** Addresses that were opened in the browser. */
  browsed: string[];
}

export interface CliWorld extends Partial<Pick<CliDependencies, 'env' | 'loadSettings' | 'now'>> {
  incidents?: FakeIncidents;
  rollouts?: FakeRollouts;
  isTTY?: boolean;
  columns?: number;
  /** What the metrics source knows; an error when it does not answer. */
  services?: KnownService[] | Error;
}

/** The commands' dependencies with a terminal that remembers and one incident; `world` replaces parts. */
export function cliDependencies(world: CliWorld = {}) {
  const {
    incidents = fakeIncidents(),
    rollouts = fakeRollouts(),
    isTTY = false,
    columns = 100,
    services = [],
  } = world;
  const [stdout, stderr] = [fakeTerminal({ isTTY, columns }), fakeTerminal({ isTTY, columns })];
  const browsed: string[] = [];
  const deps: CliDependencies = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { ...world.env },
    user: 'ann',
    now: world.now ?? (() => NOW),
    loadSettings: world.loadSettings ?? (() => Promise.resolve({ environment: 'production', temporal: {} })),
    openIncidents: () => Promise.resolve(incidents),
    openRollouts: () => Promise.resolve(rollouts),
    renderer: () =>
      Promise.resolve({
        markdown: (record) => `# ${record.id}\n`,
        text: (record, { width, color, full }) =>
          `${full ? 'all' : 'summary'} of ${record.id} (${width}, ${color ? 'colors' : 'plain'})\n`,
        html: (record) => Promise.resolve(`<p>${record.id}</p>\n`),
      }),
    knownServices: (_config, wanted) =>
      services instanceof Error
        ? Promise.reject(services)
        : Promise.resolve({ services, match: services.find(({ name }) => name === wanted)?.name ?? null }),
    browse: (url) => Promise.resolve(void browsed.push(url)),
    followEveryMilliseconds: 1,
  };
  return { deps, stdout, stderr, incidents, browsed };
}

/** Runs the whole program as a shell would: `faultline("show x --json")`. */
export async function faultline(args: string | string[], world: CliWorld = {}): Promise<CliRun> {
  const { deps, stdout, stderr, incidents, browsed } = cliDependencies(world);
  const words = typeof args === 'string' ? args.split(' ').filter(Boolean) : args;
  const code = await runProgram(faultlineProgram(deps, '1.2.3'), words, deps);
  return { code, out: stdout.text(), err: stderr.text(), incidents, browsed };
}
