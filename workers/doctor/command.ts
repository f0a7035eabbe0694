import { InvalidArgumentError, type Command } from 'commander';
import {
  print,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../../client/cli/context.js';
import { EXIT, ExitWith } from '../../client/cli/exit-codes.js';
import { colorsFor } from '../../client/cli/output.js';
import { AREAS, type Area } from './finding.js';

const SETUP_DEADLINE_MS = 10_000;

interface DoctorOptions extends CommonOptions {
  only?: Area[];
  strict?: true;
}

/** Adds the commands that look after an installation: doctor and setup. */
export function buildCareCommands(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('doctor'))
    .description('check configuration and connectivity, and say what to do about each problem')
    .option('--only <areas>', `areas to check, of ${AREAS.join(',')}`, readAreas)
    .option('--strict', 'fail for warnings too')
    .action((options: DoctorOptions) => doctor(options, deps));

  withCommonOptions(program.command('setup'))
    .description("register Faultline's search attributes in the Temporal namespace; can be repeated")
    .action((options: CommonOptions) => setup(options, deps));
}

async function doctor(options: DoctorOptions, deps: CliDependencies): Promise<void> {
  const [{ examine, exitCodeFor, renderFindings }, { openMetrics }] = await Promise.all([
    import('../doctor.js'),
    import('./open-metrics.js'),
  ]);
  const findings = await examine({
    ...(options.config !== undefined && { file: options.config }),
    ...(options.only && { only: options.only }),
    env: deps.env,
    openMetrics,
  });
  const exitCode = exitCodeFor(findings, { strict: options.strict ?? false });
  const problems = findings.filter(({ status }) => status !== 'ok');
  const text = (shown: typeof findings) => renderFindings(shown, colorsFor(deps.stdout, deps.env)).trimEnd();
  print(deps, options, {
    value: { exitCode, findings },
    text: () => text(findings),
    quiet: () => text(problems),
  });
  if (exitCode !== EXIT.ok) throw new ExitWith(exitCode);
}

async function setup(options: CommonOptions, deps: CliDependencies): Promise<void> {
  const [{ openTemporal }, { registerSearchAttributes }] = await Promise.all([
    import('../../client/temporal.js'),
    import('../dev/search-attributes.js'),
  ]);
  const { profile } = (await deps.loadSettings(options.config)).temporal;
  const temporal = openTemporal({ profile, env: deps.env });
  try {
    await temporal.ready(SETUP_DEADLINE_MS);
    const { namespace, client } = temporal;
    const added = await registerSearchAttributes(client.connection, namespace);
    const text =
      added.length === 0
        ? `Namespace '${namespace}' has everything already.`
        : `Registered in namespace '${namespace}': ${added.join(', ')}.`;
    print(deps, options, { value: { namespace, added }, text: () => text });
  } finally {
    await temporal.close();
  }
}

function readAreas(text: string): Area[] {
  return text.split(',').map((word) => {
    const area = AREAS.find((known) => known === word.trim());
    if (area === undefined) throw new InvalidArgumentError(`Expected some of ${AREAS.join(',')}.`);
    return area;
  });
}
