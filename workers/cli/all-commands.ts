import type { Command } from 'commander';
import type { CliDependencies } from '../../client/cli/context.js';
import { buildClientCommands, createProgram } from '../../client/cli/program.js';
import { buildDiscoverCommand } from '../discover/command.js';
import { buildCareCommands } from '../doctor/command.js';
import { buildWatchesCommand } from '../watches/watches-command.js';
import { buildCompletionCommand } from './completion-command.js';
import { buildConfigCommand } from './config-command.js';
import { buildProcessCommands } from './process-commands.js';
import { buildRecordCommands } from './record-command.js';
import { buildReportCommand } from './report-command.js';
import { buildServicesCommand } from './services-command.js';
import { buildStoreCommand } from './store-command.js';

/**
 * The program `faultline` with all its commands. Every start loads what is named here: it stays light, and what an
 * action needs is imported when it runs.
 */
export function faultlineProgram(deps: CliDependencies, version: string): Command {
  const program = createProgram(deps, version);
  buildClientCommands(program, deps);
  program.commandsGroup('Store and record:');
  buildReportCommand(program, deps);
  buildStoreCommand(program, deps);
  buildRecordCommands(program, deps);
  program.commandsGroup('Metrics and settings:');
  buildServicesCommand(program, deps);
  buildDiscoverCommand(program, deps);
  buildWatchesCommand(program, deps);
  buildConfigCommand(program, deps);
  program.commandsGroup('Installation:');
  buildCareCommands(program, deps);
  buildCompletionCommand(program, deps);
  program.commandsGroup('Processes:');
  buildProcessCommands(program, deps);
  return program;
}
