import { Argument, Option, type Command } from 'commander';
import type { Config } from '../../config/schema.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { SignalKind } from '../../model/series.js';
import type { Guards } from '../guards.js';
import type { Incidents } from '../incidents.js';
import type { ChangeReports } from '../reported-changes.js';
import { colorsFor, jsonDocument, type Colors, type OutputStream } from './output.js';

/*
 * What every command is made of. The files of the commands are all loaded at every start, for `--help` and completion:
 * they import nothing that costs time. What an action needs it imports when it runs.
 */

/** What client commands need of the configuration. */
export interface ClientSettings
  extends Pick<Config, 'environment' | 'temporal'>, Partial<Pick<Config, 'store' | 'followUp'>> {
  /** The whole of it; left out where there is no configuration, so that the defaults hold. */
  config?: Config;
}

/** How a record becomes text. */
export interface RecordRenderer {
  markdown(record: IncidentRecord): string;
  /** The first screen, or all of it with `full`. */
  text(record: IncidentRecord, options: { width: number; color: boolean; full: boolean }): string;
  /** The page, with plots as far as its evidence is in the configured store. */
  html(record: IncidentRecord, settings: ClientSettings): Promise<string>;
}

/** A service that the metrics source knows, and what is measured of it. */
export interface KnownService {
  name: string;
  signals: SignalKind[];
}

/** What commands say and ask of rollouts. */
export interface Rollouts extends ChangeReports {
  guards: Guards;
  close(): Promise<void>;
}

/** The world around the commands, so that a test can be one. */
export interface CliDependencies {
  stdout: OutputStream;
  stderr: OutputStream;
  env: NodeJS.ProcessEnv;
  /** Who acts when `--by` is not given. */
  user: string;
  /** Unix seconds. */
  now(): number;
  /** Reads the configuration that `--config` names, or the usual one; without any file the defaults hold. */
  loadSettings(file: string | undefined): Promise<ClientSettings>;
  openIncidents(settings: ClientSettings): Promise<Incidents>;
  openRollouts(settings: ClientSettings): Promise<Rollouts>;
  renderer(): Promise<RecordRenderer>;
  /**
   * The services that the configured metrics source has metrics of, with the name by which `wanted` is known there,
   * null when it is not. Rejects when the source does not answer.
   */
  knownServices(config: Config, wanted?: string): Promise<{ services: KnownService[]; match: string | null }>;
  /** Opens an address in the browser of whoever runs the command. */
  browse(url: string): Promise<void>;
  /** Time between two questions of `follow`. @default 1000 */
  followEveryMilliseconds?: number | undefined;
}

/** Options that every command has that answers something. */
export interface CommonOptions {
  json?: true;
  quiet?: true;
  config?: string;
}

/** What a command prints: one JSON document, text, or only what a script needs. */
export interface Answer {
  value: unknown;
  text: () => string;
  /** With `--quiet`; nothing is printed when left out. */
  quiet?: () => string;
}

/** A command's view of the world while it runs. */
export interface Session {
  incidents: Incidents;
  settings: ClientSettings;
  deps: CliDependencies;
  colors: Colors;
  options: CommonOptions;
  answer(answer: Answer): void;
}

export function withConfigOption(command: Command): Command {
  return command.option(
    '--config <file>',
    'configuration file (default: FAULTLINE_CONFIG, else faultline.yml)',
  );
}

export function withCommonOptions(command: Command): Command {
  return withConfigOption(command)
    .option('--json', 'print one JSON document')
    .option('--quiet', 'print no progress and no hints, only what a script needs')
    .option('--no-color', 'print without colors');
}

const required = new WeakSet<Option>();

/** An option that must be given. (Commander's own check would come before that for misspelt options.) */
export function requiredOption(flags: string, description: string): Option {
  const option = new Option(flags, `${description} (required)`);
  required.add(option);
  return option;
}

/** Ends the command with an error when a required option is missing. */
export function checkRequiredOptions(command: Command): void {
  for (const option of command.options) {
    if (required.has(option) && command.getOptionValue(option.attributeName()) === undefined) {
      command.error(`error: required option '${option.flags}' not specified`);
    }
  }
}

const INCIDENT_ARGUMENTS = new Set(['incident', 'into']);

/** The incident that a command is about. */
export function incidentArgument(description = 'id of the incident, or its beginning or end'): Argument {
  return new Argument('<incident>', description);
}

/** Whether an incident's id is expected here, for completion. */
export function takesIncident(argument: Argument): boolean {
  return INCIDENT_ARGUMENTS.has(argument.name());
}

export function byOption(deps: CliDependencies): Option {
  return new Option('--by <who>', 'who does it').default(deps.user);
}

/** Prints an answer the way that the options ask for. */
export function print(deps: CliDependencies, options: CommonOptions, { value, text, quiet }: Answer): void {
  if (options.json) deps.stdout.write(jsonDocument(value));
  else if (!options.quiet) deps.stdout.write(`${text()}\n`);
  else {
    const essential = quiet?.() ?? '';
    if (essential !== '') deps.stdout.write(`${essential}\n`);
  }
}

/** Runs a command's work against the configured Temporal, and hangs up afterwards. */
export async function inSession(
  deps: CliDependencies,
  options: CommonOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const settings = await deps.loadSettings(options.config);
  const incidents = await deps.openIncidents(settings);
  try {
    await work({
      incidents,
      settings,
      deps,
      colors: colorsFor(deps.stdout, deps.env),
      options,
      answer: (answer) => {
        print(deps, options, answer);
      },
    });
  } finally {
    await incidents.close();
  }
}
