import { InvalidArgumentError, Option, type Command } from 'commander';
import { severity, symptomKind, type Severity, type SymptomKind } from '../../../model/anomaly.js';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';
import { plain, utc } from '../output.js';
import { readMoment } from '../times.js';
import { follow, requireOption, type RequiredLevel } from './watch.js';

interface StartOptions extends CommonOptions {
  service: string;
  symptom: SymptomKind;
  since?: number;
  at?: number;
  severity: Severity;
  environment?: string;
  title?: string;
  watch?: true;
  require?: RequiredLevel;
}

export function registerStart(program: Command, deps: CliDependencies): void {
  const moment = (text: string) => readMoment(text, deps.now());
  withCommonOptions(program.command('start'))
    .description('diagnose what you see yourself, without an alert')
    .requiredOption('--service <name>', 'the service that looks wrong', someText)
    .addOption(
      new Option('--symptom <kind>', 'what looks wrong').choices(symptomKind.options).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--since <time>',
        'when it began: 10m, "2h ago", 10:42 (UTC), 2026-11-24T10:42Z (default: now)',
      )
        .argParser(moment)
        .conflicts('at'),
    )
    .addOption(new Option('--at <time>', 'another word for --since').argParser(moment))
    .option('--environment <name>', 'where it happens (default: the one in the configuration)', someText)
    .addOption(new Option('--severity <level>', 'how bad it is').choices(severity.options).default('warning'))
    .option('--title <text>', 'one line for people', someText)
    .option('--watch', 'follow the diagnosis and print its summary')
    .addOption(requireOption().implies({ watch: true }))
    .addHelpText(
      'after',
      '\nExample:\n  faultline start --service checkout --symptom latency --since 10m --watch',
    )
    .action((options: StartOptions) =>
      inSession(deps, options, async (session) => {
        const since = options.since ?? options.at ?? deps.now();
        const { workflowId, joined } = await session.incidents.start({
          environment: options.environment ?? session.settings.environment,
          service: options.service,
          symptom: options.symptom,
          severity: options.severity,
          since,
          title: options.title,
        });
        const what = `${plain(options.service)}: ${options.symptom} since ${utc(since)} UTC`;
        const lines = [joined ? `Looked after already by ${workflowId}` : `Started ${workflowId}`, what];
        if (options.watch === undefined) {
          const id = workflowId;
          session.answer({ id, joined, since }, () =>
            [...lines, `Follow it: faultline watch ${id}`].join('\n'),
          );
          return;
        }
        if (!session.json) deps.stdout.write(`${lines.join('\n')}\n\n`);
        await follow(workflowId, session, options.require);
      }),
    );
}

function someText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidArgumentError('Expected text that is not empty.');
  return trimmed;
}
