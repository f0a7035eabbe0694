import type { Command } from 'commander';
import type { Config } from '../../config/schema.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { Incidents } from '../incidents.js';
import { colorsFor, jsonDocument, type Colors, type OutputStream } from './output.js';

/** What client commands need of the configuration; the store only where it is at hand. */
export type ClientSettings = Pick<Config, 'environment' | 'temporal'> & Partial<Pick<Config, 'store' | 'followUp'>>;

/** How a record becomes text. */
export interface RecordRenderer {
  markdown(record: IncidentRecord): string;
  text(record: IncidentRecord, options: { width: number; color: boolean }): string;
  /** The page, with plots as far as its evidence is in the configured store. Without it there is no such format. */
  html?(record: IncidentRecord, settings: ClientSettings): Promise<string>;
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
  openIncidents(settings: ClientSettings): Incidents;
  render: RecordRenderer;
  /** Time between two looks of `watch`. @default 1000 */
  watchEveryMilliseconds?: number | undefined;
}

/** Options that every client command has. */
export interface CommonOptions {
  json?: true;
  config?: string;
}

/** A command's view of the world while it runs. */
export interface Session {
  incidents: Incidents;
  settings: ClientSettings;
  deps: CliDependencies;
  colors: Colors;
  /** Whether the answer is one JSON document. */
  json: boolean;
  /** Prints the answer: as JSON with `--json`, else as text. */
  answer(value: unknown, text: () => string): void;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: FAULTLINE_CONFIG, else faultline.yml)')
    .option('--json', 'answer with one JSON document');
}

/** Runs a command's work against the configured Temporal, and hangs up afterwards. */
export async function inSession(
  deps: CliDependencies,
  options: CommonOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const settings = await deps.loadSettings(options.config);
  const incidents = deps.openIncidents(settings);
  const json = options.json ?? false;
  try {
    await work({
      incidents,
      settings,
      deps,
      colors: colorsFor(deps.stdout, deps.env),
      json,
      answer: (value, text) => void deps.stdout.write(json ? jsonDocument(value) : `${text()}\n`),
    });
  } finally {
    await incidents.close();
  }
}
