import { InvalidArgumentError, Option, type Command } from 'commander';
import { SEVERITIES, SYMPTOM_KINDS } from '../../../model/choices.js';
import type { Severity, SymptomKind } from '../../../model/anomaly.js';
import { AliasTable } from '../../../model/identity/aliases.js';
import { BadInput } from '../../errors.js';
import {
  inSession,
  requiredOption,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
  type Session,
} from '../context.js';
import { plain, utc } from '../output.js';
import { fullOption } from '../record-text.js';
import { readOptionalMoment } from '../times.js';
import { follow, requireOption, type FollowOptions } from './follow.js';

interface StartOptions extends CommonOptions, FollowOptions {
  service: string;
  symptom: SymptomKind;
  since?: string;
  severity: Severity;
  environment?: string;
  title?: string;
  force?: true;
  follow?: true;
}

/** Known services that an error names. */
const MOST_NAMED = 20;

export function registerStart(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('start'))
    .description('start a diagnosis without an alert')
    .addOption(requiredOption('--service <name>', 'service that shows the symptom').argParser(trimmed))
    .addOption(requiredOption('--symptom <kind>', 'kind of symptom').choices(SYMPTOM_KINDS))
    .option('--since <time>', 'when it began: 10m, "2h ago", 10:42 (UTC), 2026-11-24T10:42Z (default: now)')
    .option('--environment <name>', 'environment (default: the one of the configuration)', trimmed)
    .addOption(
      new Option('--severity <level>', 'severity of the incident').choices(SEVERITIES).default('warning'),
    )
    .option('--title <text>', 'title of the incident', trimmed)
    .option('--force', 'start even if no metrics of the service are found')
    .option('--follow', 'show the progress of the diagnosis, then its summary')
    .addOption(fullOption().implies({ follow: true }))
    .addOption(requireOption().implies({ follow: true }))
    .addHelpText(
      'after',
      '\nExample:\n  faultline start --service checkout --symptom latency --since 10m --follow',
    )
    .action(async (options: StartOptions) => {
      const since = (await readOptionalMoment('--since', options.since, deps.now())) ?? deps.now();
      await inSession(deps, options, (session) => start(session, options, since));
    });
}

async function start(session: Session, options: StartOptions, since: number): Promise<void> {
  const { incidents, settings, deps } = session;
  const { symptom, severity, title } = options;
  const aliases = new AliasTable(settings.config?.services.aliases);
  const service = aliases.nameFor(options.service) ?? options.service;
  if (!options.force) await demandMetrics(service, session);
  const { workflowId: id, joined } = await incidents.start({
    environment: options.environment ?? settings.environment,
    ...{ service, symptom, severity, since, title },
  });
  const lines = [
    joined ? `Added to the open incident ${id}` : `Started ${id}`,
    `${plain(service)}: ${symptom} since ${utc(since)} UTC`,
  ];
  if (options.follow) {
    if (!options.json && !options.quiet) deps.stdout.write(`${lines.join('\n')}\n\n`);
    await follow(id, session, options);
    return;
  }
  session.answer({
    value: { id, joined, since },
    text: () => [...lines, `Follow it: faultline follow ${id}`].join('\n'),
    quiet: () => id,
  });
}

/**
 * Of a service without metrics a diagnosis can say nothing, and a misspelt name is the likeliest reason. Where this
 * cannot be found out, because no source is configured here or it does not answer, the diagnosis itself says what is
 * missing.
 *
 * @throws BadInput that names the known services
 */
async function demandMetrics(service: string, { deps, settings, options }: Session): Promise<void> {
  if (!settings.config) return;
  let known: Awaited<ReturnType<CliDependencies['knownServices']>>;
  try {
    known = await deps.knownServices(settings.config, service);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!options.quiet)
      deps.stderr.write(`Could not check whether ${plain(service)} has metrics: ${plain(reason)}\n`);
    return;
  }
  if (known.match !== null) return;
  const names = known.services.map(({ name }) => name);
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more (faultline services)` : '';
  const list = names.length === 0 ? 'none' : `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
  throw new BadInput(
    `No metrics found for service "${service}"; known services: ${list}. Correct --service, or add --force`,
  );
}

function trimmed(text: string): string {
  const words = text.trim();
  if (words === '') throw new InvalidArgumentError('Expected text that is not empty.');
  return words;
}
