import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { GUARD_SECONDS, type GuardedCommit, type GuardState } from '../../../model/guard.js';
import { AliasTable } from '../../../model/identity/aliases.js';
import { listOf } from '../../../model/wording.js';
import {
  byOption,
  print,
  requiredOption,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../context.js';
import { EXIT, ExitWith, type ExitCode } from '../exit-codes.js';
import { plain, utc } from '../output.js';
import { readOptionalMoment } from '../times.js';
import type { Guards } from '../../guards.js';

interface GuardOptions extends CommonOptions {
  service: string;
  for: number;
  since?: string;
  change?: string;
  commit?: GuardedCommit;
  environment?: string;
  detach?: true;
  by: string;
}

/** Time between two questions while it watches. */
const ASK_MILLISECONDS = 2_000;

/** Bytes of a service, an environment or an id: the id of the workflow holds all three, and Temporal takes 1,000. */
const LONGEST_NAME = 300;

const EXIT_CODES: Record<NonNullable<GuardState['verdict']>, ExitCode> = {
  pass: EXIT.ok,
  fail: EXIT.guardFailed,
  'cannot-tell': EXIT.guardCannotTell,
};

export function registerGuard(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('guard'))
    .description('watch a rollout and say whether it does harm, by exit code')
    .addOption(requiredOption('--service <name>', 'service that is rolled out').argParser(readName))
    .option('--for <time>', 'how long it is watched: 15m, 2h', readLength, 900)
    .option('--since <time>', 'when the rollout took effect (default: now)')
    .option('--change <id>', 'id of the change, as it was reported', readName)
    .option('--commit <owner/name@sha>', 'commit on GitHub whose status tells the result', readCommit)
    .option('--environment <name>', 'environment (default: the one of the configuration)', readName)
    .option('--detach', 'start it and do not wait')
    .addOption(byOption(deps))
    .addHelpText(
      'after',
      '\nCtrl-C leaves it running: the same command follows it again.' +
        '\n\nExample:\n  faultline guard --service checkout --for 15m --change "$GIT_SHA"',
    )
    .action((options: GuardOptions) => guard(options, deps));
}

async function guard(options: GuardOptions, deps: CliDependencies): Promise<void> {
  const now = deps.now();
  const since = (await readOptionalMoment('--since', options.since, now)) ?? now;
  const settings = await deps.loadSettings(options.config);
  const rollouts = await deps.openRollouts(settings);
  const { change: changeId = null, commit = null, by, for: forSeconds } = options;
  const environment = options.environment ?? settings.environment;
  const service =
    new AliasTable(settings.config?.services.aliases).nameFor(options.service) ?? options.service;
  try {
    const { id, joined } = await rollouts.guards.start({
      ...{ environment, service, since, forSeconds, changeId, commit, by },
    });
    const line = joined ? `${plain(id)} watches already` : `Started ${plain(id)}`;
    if (options.detach) {
      print(deps, options, { value: { id, joined }, text: () => line, quiet: () => id });
      return;
    }
    const isSilent = options.json ?? options.quiet ?? false;
    const say = (text: string): void => {
      if (!isSilent) deps.stdout.write(`${text}\n`);
    };
    say(`${line}; Ctrl-C leaves it running, and the same command follows it again`);
    const state = await untilOver(rollouts.guards, id, say, deps.followEveryMilliseconds ?? ASK_MILLISECONDS);
    const { verdict } = state;
    print(deps, options, { value: state, text: () => resultOf(state), quiet: () => verdict ?? '' });
    if (verdict !== null && verdict !== 'pass') throw new ExitWith(EXIT_CODES[verdict]);
  } finally {
    await rollouts.close();
  }
}

/** Says each look as it is taken; answers when the guard has said its word. */
async function untilOver(
  guards: Guards,
  id: string,
  say: (text: string) => void,
  everyMilliseconds: number,
): Promise<GuardState> {
  for (let said = 0; ;) {
    const state = await guards.state(id);
    for (const { at, finding, reason } of state.looks.slice(said)) {
      say(`${utc(at).slice(11)} UTC  ${finding.padEnd(11)}  ${plain(reason)}`);
    }
    said = state.looks.length;
    if (state.verdict !== null) return state;
    await sleep(everyMilliseconds);
  }
}

function resultOf({ id, request, verdict, reason, diagnosis, url, untold }: GuardState): string {
  const next = verdict === 'pass' ? [] : (diagnosis?.nextActions ?? []);
  return [
    `${verdict}: ${plain(request.service)}: ${plain(reason)}`,
    ...next.map(
      ({ title, command }) => `Next: ${plain(title)}${command === null ? '' : `: ${plain(command)}`}`,
    ),
    ...(untold.length > 0 ? [`Not told: ${listOf(untold.map(plain))}`] : []),
    `Run: ${plain(url ?? id)}`,
  ].join('\n');
}

/** Part of the id of a workflow, which Temporal bounds. */
function readName(text: string): string {
  const name = text.trim();
  if (name !== '' && Buffer.byteLength(name) <= LONGEST_NAME) return name;
  throw new InvalidArgumentError(`Expected text of at most ${LONGEST_NAME} bytes that is not empty.`);
}

function readLength(text: string): number {
  const [, amount, unit = 's'] = /^(\d{1,6})\s*(s|m|h)?$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
  if (seconds >= GUARD_SECONDS.least && seconds <= GUARD_SECONDS.most) return seconds;
  throw new InvalidArgumentError('Expected a time from 1m to 12h, such as 15m.');
}

function readCommit(text: string): GuardedCommit {
  const [, repository, sha] = /^([\w.-]+\/[\w.-]+)@([0-9a-f]{40})$/.exec(text.trim()) ?? [];
  if (repository !== undefined && sha !== undefined) return { repository, sha };
  throw new InvalidArgumentError('Expected owner/name@sha, with the 40 digits of the commit.');
}
