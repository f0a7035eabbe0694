import { processDependencies } from '../client/cli/dependencies.js';
import { runProgram } from '../client/cli/program.js';
import { faultlineProgram } from './cli/all-commands.js';
import { completeFromStore } from './complete-from-store.js';
import { productVersion } from './version.js';

const deps = processDependencies({
  completeFrom: completeFromStore,
  renderer: async () => (await import('./cli/renderer.js')).renderer,
  knownServices: async (config, wanted) =>
    (await import('./cli/known-services.js')).knownServices(config, wanted),
});
process.exitCode = await runProgram(faultlineProgram(deps, productVersion()), process.argv.slice(2), deps);
