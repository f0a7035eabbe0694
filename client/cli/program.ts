import { Command, CommanderError } from 'commander';
import { registerCancel } from './commands/cancel.js';
import { registerAck } from './commands/ack.js';
import { registerList } from './commands/list.js';
import { registerRerun } from './commands/rerun.js';
import { registerRegroup } from './commands/regroup.js';
import { registerShow } from './commands/show.js';
import { registerStart } from './commands/start.js';
import { registerFeedback } from './commands/feedback.js';
import { registerWatch } from './commands/watch.js';
import type { CliDependencies } from './context.js';
import { EXIT, EXIT_CODES_HELP, ExitWith, reportedError } from './exit-codes.js';
import { colorsFor, jsonDocument, plain, widthOf } from './output.js';

/** The bare program `faultline`. Commands registered on it throw instead of ending the process. */
export function createProgram(deps: CliDependencies, version: string): Command {
  // What stands behind a command belongs to it: `watch` and `watch test` have options of one name.
  return new Command('faultline')
    .description('Durable, explainable incident diagnosis on Temporal')
    .version(version)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void deps.stdout.write(text),
      writeErr: (text) => void deps.stderr.write(text),
      getOutHelpWidth: () => widthOf(deps.stdout),
      getErrHelpWidth: () => widthOf(deps.stderr),
      getOutHasColors: () => colorsFor(deps.stdout, deps.env).isColorSupported,
      getErrHasColors: () => colorsFor(deps.stderr, deps.env).isColorSupported,
      // runProgram reports every error, so that --json holds for usage errors too.
      outputError: () => undefined,
    })
    .addHelpText('after', EXIT_CODES_HELP);
}

/** Adds the commands that talk to Temporal as a client: start, watch, show, list, ack, feedback, rerun, cancel, merge, split. */
export function buildClientCommands(program: Command, deps: CliDependencies): void {
  registerStart(program, deps);
  registerWatch(program, deps);
  registerShow(program, deps);
  registerList(program, deps);
  registerAck(program, deps);
  registerFeedback(program, deps);
  registerRerun(program, deps);
  registerCancel(program, deps);
  registerRegroup(program, deps);
}

/**
 * Runs the program and answers its exit code. Errors go to standard error: one sentence, or with `--json` one
 * document `{"error": {"code", "message", "exitCode"}}`.
 */
export async function runProgram(program: Command, args: string[], deps: CliDependencies): Promise<number> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof ExitWith) return error.exitCode;
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    // Without a command commander prints the help by itself.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    const reported = reportedError(error);
    deps.stderr.write(
      args.includes('--json')
        ? jsonDocument({ error: reported })
        : `${colorsFor(deps.stderr, deps.env).red('error:')} ${reported.message.split('\n').map(plain).join('\n')}\n`,
    );
    const isOurs = reported.code === 'failure';
    if (isOurs && deps.env['FAULTLINE_DEBUG'] && error instanceof Error)
      deps.stderr.write(`${error.stack ?? ''}\n`);
    return reported.exitCode;
  }
}
