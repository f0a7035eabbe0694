import { processDependencies } from '../client/cli/dependencies.js';
import { buildClientCommands, createProgram, runProgram } from '../client/cli/program.js';
import { renderMarkdown } from '../report/markdown.js';
import { renderTerminal } from '../report/terminal.js';
import { completeFromStore } from './complete-from-store.js';
import { pageFromStore } from './cli/page-from-store.js';
import { buildProcessCommands } from './cli/process-commands.js';
import { buildReportCommand } from './cli/report-command.js';
import { buildStoreCommand } from './cli/store-command.js';
import { buildCareCommands } from './doctor/command.js';
import { productVersion } from './version.js';
import { buildWatchCommands } from './watches/watch-commands.js';

const deps = processDependencies(
  { markdown: renderMarkdown, text: renderTerminal, html: pageFromStore },
  completeFromStore,
);
const program = createProgram(deps, productVersion());
buildClientCommands(program, deps);
buildProcessCommands(program, deps);
buildCareCommands(program, deps);
buildWatchCommands(program, deps);
buildReportCommand(program, deps);
buildStoreCommand(program, deps);
process.exitCode = await runProgram(program, process.argv.slice(2), deps);
