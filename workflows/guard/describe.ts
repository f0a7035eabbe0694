import type { GuardState } from '../../model/guard.js';
import { escapeMarkdown, oneLine } from '../../report/escape.js';
import { clock, minutes } from '../time.js';

const VERDICT_WORDS = {
  pass: 'pass: nothing that the rollout caused was seen',
  fail: 'fail',
  'cannot-tell': 'cannot tell',
};

/** What the Temporal UI shows of a guard, in Markdown. */
export function describe({ request, verdict, reason, looks, endsAt, untold }: GuardState): string {
  const { service, since, forSeconds, changeId } = request;
  const what = changeId === null ? '' : `, change ${changeId}`;
  const length = `watched for ${minutes(forSeconds)}, until ${clock(endsAt)}`;
  const rollout = `Rollout of ${service} at ${clock(since)}${what}; ${length}.`;
  return [
    `**${verdict === null ? 'watching' : VERDICT_WORDS[verdict]}**`,
    text(reason),
    text(rollout),
    looks.map(({ at, finding, reason: why }) => `- ${clock(at)} ${finding}: ${text(why)}`).join('\n'),
    ...untold.map((who) => `Not told: ${text(who)}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function text(words: string): string {
  return escapeMarkdown(oneLine(words, 400));
}
