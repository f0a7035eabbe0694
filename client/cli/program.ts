import { Command, CommanderError } from 'commander';
import { registerActs } from './commands/acts.js';
import { registerChange } from './commands/change.js';
import { registerFollow } from './commands/follow.js';
import { registerGuard } from './commands/guard.js';
import { registerList } from './commands/list.js';
import { registerOpen } from './commands/open.js';
import { registerShow } from './commands/show.js';
import { registerStart } from './commands/start.js';
import { checkRequiredOptions, type CliDependencies } from './context.js';
import { EXIT, EXIT_CODES_HELP, ExitWith, reportedError } from './exit-codes.js';
import { colorsFor, jsonDocument, plain, widthOf } from './output.js';

/** The bare program `faultline`. Commands registered on it throw instead of ending the process. */
export function createProgram(deps: CliDependencies, version: string): Command {
  return (
    new Command('faultline')
      .description('Durable, explainable incident diagnosis on Temporal')
      .version(version)
      .exitOverride()
      // What stands behind a command belongs to it.
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
      .hook('preAction', (_program, command) => {
        checkRequiredOptions(command);
      })
      .addHelpText('after', EXIT_CODES_HELP)
  );
}

/** Adds the commands that talk to Temporal as a client. */
export function buildClientCommands(program: Command, deps: CliDependencies): void {
  program.commandsGroup('Incidents:');
  registerList(program, deps);
  registerShow(program, deps);
  registerFollow(program, deps);
  registerOpen(program, deps);
  registerStart(program, deps);
  registerActs(program, deps);
  program.commandsGroup('Rollouts:');
  registerChange(program, deps);
  registerGuard(program, deps);
}

/**
 * Runs the program and answers its exit code. Errors go to standard error: one sentence, or with `--json` one
 * document `{"error": {"code", "message", "exitCode"}}`.
 */
export async function runProgram(program: Command, args: string[], deps: CliDependencies): Promise<number> {
  // Asked for wherever colors are: also in help and errors, before any option is read.
  if (args.includes('--no-color')) deps.env['NO_COLOR'] = '1';
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof ExitWith) return error.exitCode;
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    // Without a command commander prints the help by itself.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    const { message, ...reported } = reportedError(error);
    const advised = message + adviceOn(error, program, args);
    deps.stderr.write(
      args.includes('--json')
        ? jsonDocument({ error: { code: reported.code, message: advised, exitCode: reported.exitCode } })
        : `${colorsFor(deps.stderr, deps.env).red('error:')} ${advised.split('\n').map(plain).join('\n')}\n`,
    );
    const isOurs = reported.code === 'failure';
    if (isOurs && deps.env['FAULTLINE_DEBUG'] && error instanceof Error)
      deps.stderr.write(`${error.stack ?? ''}\n`);
    return reported.exitCode;
  }
}

/** What to do about a misspelt command or option where commander has no suggestion of its own. */
function adviceOn(error: unknown, program: Command, args: readonly string[]): string {
  if (!(error instanceof CommanderError) || error.message.includes('Did you mean')) return '';
  const named = program.commands.find((command) => args.includes(command.name()))?.name();
  if (error.code === 'commander.unknownOption' && named !== undefined && args[0]?.startsWith('-'))
    return `\nOptions come after the command: faultline ${named} ${args[0]}`;
  if (error.code === 'commander.unknownCommand' || error.code === 'commander.unknownOption')
    return `\nSee faultline ${named === undefined ? '' : `${named} `}--help`;
  return '';
}
