import { Argument, type Command } from 'commander';
import { takesIncident, type CliDependencies } from '../../client/cli/context.js';

const SHELLS = ['bash', 'zsh', 'fish'];

/** The command that the shell's script calls at each TAB, with the words so far. */
const SUGGEST = 'complete';

/** Newest incidents that are offered. */
const MOST_INCIDENTS = 50;
/** Whoever presses TAB waits no longer for Temporal. */
const PATIENCE_MS = 2_000;

/** Adds `completion`, which prints a script for the shell, and the hidden command that the script calls. */
export function buildCompletionCommand(program: Command, deps: CliDependencies): void {
  program
    .command('completion')
    .description('print the script that completes commands, options and incident ids')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  source <(faultline completion bash)     # in ~/.bashrc',
        '  source <(faultline completion zsh)      # in ~/.zshrc, after compinit',
        '  faultline completion fish > ~/.config/fish/completions/faultline.fish',
      ].join('\n'),
    )
    .action(async (shell: string) => {
      const { RootCommand } = await import('@bomb.sh/tab');
      new RootCommand().setup(program.name(), program.name(), shell);
    });
  program
    .command(SUGGEST, { hidden: true })
    .argument('[words...]')
    .action((words: string[]) => suggest(words, program, deps));
}

async function suggest(words: string[], program: Command, deps: CliDependencies): Promise<void> {
  const { RootCommand } = await import('@bomb.sh/tab');
  const root = new RootCommand();
  const wantsIncident = lastArgumentIsIncident(words, program);
  const ids = wantsIncident ? await incidentIds(deps) : [];
  for (const { path, command } of commandsOf(program)) {
    const described = root.command(path, command.description());
    for (const { long, description, required, optional, argChoices = [] } of command.options) {
      const name = long?.replace(/^--/, '') ?? '';
      if (!required && !optional) described.option(name, description);
      else described.option(name, description, (add) => argChoices.forEach((choice) => add(choice, '')));
    }
    for (const argument of command.registeredArguments) {
      const choices = takesIncident(argument) ? ids : (argument.argChoices ?? []);
      described.argument(
        argument.name(),
        (add) => choices.forEach((choice) => add(choice, '')),
        argument.variadic,
      );
    }
  }
  root.parse(words);
}

/** Every command that can be seen, with the words that lead to it; those that only gather others lead to these. */
export function commandsOf(parent: Command, words = ''): { path: string; command: Command }[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .filter((command) => command.name() !== 'help')
    .flatMap((command) => {
      const path = `${words} ${command.name()}`.trim();
      return command.commands.length > 0 ? commandsOf(command, path) : [{ path, command }];
    });
}

/** Temporal is asked only where an incident can stand: after a command that takes one, and not for an option. */
function lastArgumentIsIncident(words: readonly string[], program: Command): boolean {
  const command = program.commands.find((one) => one.name() === words[0]);
  const isOption = words.at(-1)?.startsWith('-') ?? false;
  return !isOption && (command?.registeredArguments.some(takesIncident) ?? false);
}

/** Ids without the leading word that they share; none when Temporal does not answer soon. */
async function incidentIds(deps: CliDependencies): Promise<string[]> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  const settings = await deps.loadSettings(undefined).catch(() => null);
  if (settings === null) return [];
  const incidents = await deps.openIncidents(settings);
  const asked = incidents.list({}, { limit: MOST_INCIDENTS }).catch(() => null);
  const list = await Promise.race([asked, sleep(PATIENCE_MS, null, { ref: false })]);
  await incidents.close();
  return (list?.incidents ?? []).map(({ id }) => id.replace(/^incident\//, ''));
}
