import { InvalidArgumentError, type Command } from 'commander';
import { withCommonOptions, type CliDependencies, type CommonOptions } from '../../client/cli/context.js';
import { EXIT, ExitWith } from '../../client/cli/exit-codes.js';
import { colorsFor, jsonDocument } from '../../client/cli/output.js';
import { openTemporal } from '../../client/temporal.js';
import { registerSearchAttributes } from '../dev/search-attributes.js';
import { examine, exitCodeFor, renderFindings } from '../doctor.js';
import { AREAS, type Area } from './finding.js';
import { openMetrics } from './open-metrics.js';

const SETUP_DEADLINE_MS = 10_000;

interface DoctorOptions extends CommonOptions {
  only?: Area[];
  strict?: true;
}

/** Adds the commands that look after an installation: doctor and setup. */
export function buildCareCommands(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('doctor'))
    .description('say of Temporal, the metrics and each sink whether it can be used, and what to do if not')
    .option('--only <areas>', `what to look at, of ${AREAS.join(',')}`, readAreas)
    .option('--strict', 'end with a failure for warnings too')
    .action((options: DoctorOptions) => doctor(options, deps));

  withCommonOptions(program.command('setup'))
    .description("register Faultline's search attributes in the Temporal namespace; may be run again")
    .action((options: CommonOptions) => setup(options, deps));
}

async function doctor(options: DoctorOptions, { env, stdout }: CliDependencies): Promise<void> {
  const findings = await examine({
    ...(options.config !== undefined && { file: options.config }),
    ...(options.only && { only: options.only }),
    env,
    openMetrics,
  });
  const exitCode = exitCodeFor(findings, { strict: options.strict ?? false });
  stdout.write(
    options.json ? jsonDocument({ exitCode, findings }) : renderFindings(findings, colorsFor(stdout, env)),
  );
  if (exitCode !== EXIT.ok) throw new ExitWith(exitCode);
}

async function setup({ config, json }: CommonOptions, deps: CliDependencies): Promise<void> {
  const { profile } = (await deps.loadSettings(config)).temporal;
  const temporal = openTemporal({ profile, env: deps.env });
  try {
    await temporal.ready(SETUP_DEADLINE_MS);
    const { namespace, client } = temporal;
    const added = await registerSearchAttributes(client.connection, namespace);
    deps.stdout.write(json ? jsonDocument({ namespace, added }) : told(namespace, added));
  } finally {
    await temporal.close();
  }
}

function told(namespace: string, added: readonly string[]): string {
  return added.length === 0
    ? `Namespace '${namespace}' has everything already.\n`
    : `Registered in namespace '${namespace}': ${added.join(', ')}.\n`;
}

function readAreas(text: string): Area[] {
  return text.split(',').map((word) => {
    const area = AREAS.find((known) => known === word.trim());
    if (area === undefined) throw new InvalidArgumentError(`Expected some of ${AREAS.join(',')}.`);
    return area;
  });
}
