import { Option, type Command } from 'commander';
import { CHANGE_KINDS } from '../../../model/choices.js';
import type { ChangeKind } from '../../../model/change.js';
import { BadInput } from '../../errors.js';
import {
  print,
  requiredOption,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';
import { plain, utc } from '../output.js';
import { systemErrorWords } from '../system-errors.js';
import { readOptionalMoment } from '../times.js';

interface ChangeOptions extends CommonOptions {
  title: string;
  kind: ChangeKind;
  service?: string;
  at?: string;
  id?: string;
  environment?: string;
  detailsFile?: string;
  file: string[];
  author?: string;
  link?: string;
}

/** A pipeline waits for it; Temporal answers in milliseconds. */
const TIMEOUT_SECONDS = 15;

/** A file of this size holds the diff of a release; of it the first 4,000 characters are kept. */
const MAX_DETAILS_BYTES = 1024 * 1024;

export function registerChange(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('change'))
    .description('report a change, such as a deploy, for the diagnoses to come')
    .addOption(requiredOption('--title <text>', 'what was changed, in one line'))
    .option('--service <name>', 'service that it changes (default: none in particular)')
    .addOption(new Option('--kind <kind>', 'kind of change').choices(CHANGE_KINDS).default('deploy'))
    .option('--at <time>', 'when it took effect: 10m, 10:42 (UTC), 2026-11-24T10:42Z (default: now)')
    .option('--id <id>', 'what makes it this change, so that reporting it twice does no harm')
    .option('--environment <name>', 'environment that it concerns (default: every one)')
    .option('--details-file <file>', 'commit messages, a diff, values; - for standard input')
    .option('--file <path...>', 'files that it touches', [])
    .option('--author <name>', 'whom to ask about it')
    .option('--link <url>', 'where it can be seen')
    .addHelpText(
      'after',
      '\nExample:\n  git log -p -1 | faultline change --service checkout --title "checkout 1.4.2" --details-file -',
    )
    .action((options: ChangeOptions) => report(options, deps));
}

async function report(options: ChangeOptions, deps: CliDependencies): Promise<void> {
  const time = (await readOptionalMoment('--at', options.at, deps.now())) ?? deps.now();
  const { title, kind, service = null, environment = null, file: files, author, link } = options;
  const details = options.detailsFile === undefined ? '' : await detailsIn(options.detailsFile);
  const settings = await deps.loadSettings(options.config);
  const rollouts = await deps.openRollouts(settings);
  const { randomUUID } = await import('node:crypto');
  const change = {
    ...{ kind, time, service, title, details, files, environment, source: 'faultline change' },
    id: options.id ?? randomUUID(),
    author: author ?? deps.user,
    link: link ?? null,
  };
  try {
    await rollouts.report([change], { timeoutSeconds: TIMEOUT_SECONDS });
  } finally {
    await rollouts.close();
  }
  const whose = service === null ? '' : ` of ${plain(service)}`;
  print(deps, options, {
    value: { id: change.id, service, kind, time },
    text: () => `Reported the change${whose}: ${plain(title)} (${kind}, ${utc(time)} UTC)`,
    quiet: () => change.id,
  });
}

/** @throws BadInput that says why the file cannot be read */
async function detailsIn(file: string): Promise<string> {
  const { readFile, stat } = await import('node:fs/promises');
  try {
    if (file === '-') return await fromStandardInput();
    const { size } = await stat(file);
    if (size <= MAX_DETAILS_BYTES) return await readFile(file, 'utf8');
  } catch (error) {
    const words = systemErrorWords(error, '--details-file');
    throw words === null ? error : new BadInput(words, { cause: error });
  }
  throw new BadInput(`--details-file: expected at most ${MAX_DETAILS_BYTES / 1024} KiB, ${file} is larger`);
}

/** The beginning of it: the rest is read, so that who writes does not fail, and left out. */
async function fromStandardInput(): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    if (bytes < MAX_DETAILS_BYTES) parts.push(part);
    bytes += part.length;
  }
  return Buffer.concat(parts).subarray(0, MAX_DETAILS_BYTES).toString('utf8');
}
