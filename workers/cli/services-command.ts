import type { Command } from 'commander';
import {
  print,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../../client/cli/context.js';
import { colorsFor, plain, tableWidth } from '../../client/cli/output.js';

/** What a diagnosis needs most. */
const GOLDEN = ['latency', 'errors', 'traffic'] as const;

/** Adds `services`: what Faultline sees in the metrics source. */
export function buildServicesCommand(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('services'))
    .description('list the services that have metrics, and which signals are measured')
    .action((options: CommonOptions) => listServices(options, deps));
}

async function listServices(options: CommonOptions, deps: CliDependencies): Promise<void> {
  const { loadConfig } = await import('../../config/load.js');
  const file = options.config !== undefined && { file: options.config };
  const { config } = await loadConfig({ ...file, env: deps.env });
  const { services } = await deps.knownServices(config);
  const { plainTable } = await import('../../client/cli/table.js');
  const colors = colorsFor(deps.stdout, deps.env);
  const rows = services.map(({ name, signals }) => {
    const golden = GOLDEN.map((signal) => (signals.includes(signal) ? 'yes' : colors.yellow('no')));
    const others = signals.filter((signal) => !GOLDEN.some((one) => one === signal));
    return [plain(name), ...golden, others.join(', ') || '-'];
  });
  const head = ['SERVICE', ...GOLDEN.map((signal) => signal.toUpperCase()), 'ALSO MEASURED'];
  print(deps, options, {
    value: { services },
    text: () =>
      rows.length === 0
        ? 'No services found: `faultline doctor --only metrics` says why.'
        : plainTable([head, ...rows], { colors, width: tableWidth(deps.stdout) }),
    quiet: () => services.map(({ name }) => plain(name)).join('\n'),
  });
}
