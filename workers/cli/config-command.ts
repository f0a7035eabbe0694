import type { Command } from 'commander';
import {
  print,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../../client/cli/context.js';
import { colorsFor, plain, tableWidth } from '../../client/cli/output.js';

/** Adds `config show`: the settings that hold here. */
export function buildConfigCommand(program: Command, deps: CliDependencies): void {
  const config = program.command('config').description('show the configuration');
  withCommonOptions(config.command('show'))
    .description('print every setting that holds, where it comes from, and no secrets')
    .option('--changed', 'only settings that differ from their default')
    .action((options: CommonOptions & { changed?: true }) => show(options, deps));
}

async function show(options: CommonOptions & { changed?: true }, deps: CliDependencies): Promise<void> {
  const [{ effectiveSettings }, { plainTable }] = await Promise.all([
    import('../../config/effective.js'),
    import('../../client/cli/table.js'),
  ]);
  const file = options.config !== undefined && { file: options.config };
  const all = await effectiveSettings({ ...file, env: deps.env });
  const settings = options.changed ? all.filter(({ from }) => from !== 'default') : all;
  const colors = colorsFor(deps.stdout, deps.env);
  const rows = settings.map(({ setting, value, from }) => [
    setting,
    plain(typeof value === 'string' ? value : JSON.stringify(value)),
    from === 'default' ? colors.dim(from) : from,
  ]);
  print(deps, options, {
    value: { settings },
    text: () =>
      plainTable([['SETTING', 'VALUE', 'FROM'], ...rows], { colors, width: tableWidth(deps.stdout) }),
    quiet: () => rows.map(([setting, value]) => `${setting}=${value}`).join('\n'),
  });
}
