import { processDependencies } from '../client/cli/dependencies.js';
import { buildClientCommands, createProgram, runProgram } from '../client/cli/program.js';
import { buildCompletionCommand } from './cli/completion-command.js';
import { buildConfigCommand } from './cli/config-command.js';
import { buildProcessCommands } from './cli/process-commands.js';
import { buildReportCommand } from './cli/report-command.js';
import { buildServicesCommand } from './cli/services-command.js';
import { buildCareCommands } from './doctor/command.js';
import { productVersion } from './version.js';
import { buildWatchesCommand } from './watches/watches-command.js';

// Every start loads what is named here: it stays light, and what an action needs is imported when it runs.
const deps = processDependencies({
  renderer: async () => (await import('./cli/renderer.js')).renderer,
  knownServices: async (config, wanted) => (await import('./cli/known-services.js')).knownServices(config, wanted),
});
const program = createProgram(deps, productVersion());
buildClientCommands(program, deps);
program.commandsGroup('Incidents in the store:');
buildReportCommand(program, deps);
program.commandsGroup('Metrics and settings:');
buildServicesCommand(program, deps);
buildWatchesCommand(program, deps);
buildConfigCommand(program, deps);
program.commandsGroup('Installation:');
buildCareCommands(program, deps);
buildCompletionCommand(program, deps);
program.commandsGroup('Processes:');
buildProcessCommands(program, deps);
process.exitCode = await runProgram(program, process.argv.slice(2), deps);
