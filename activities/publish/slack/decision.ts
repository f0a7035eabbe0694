/**
 * What an error of Slack's Web API, told with status 200, means for the summary: worth another try; never to be
 * taken; or the message that was to be changed is gone.
 */
export type SlackOutcome = 'later' | 'refused' | 'gone';

/** Errors of Slack's own state, which pass. */
const PASSING: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'org_login_required',
  'external_channel_migrating',
  'update_failed',
]);

/** Somebody deleted the message, or it is out of reach behind the plan's history limit. */
const GONE = new Set(['message_not_found']);

/** What the operator does about the errors that are met most. */
const REMEDIES: Record<string, string> = {
  not_in_channel: 'invite the app into the channel (/invite)',
  channel_not_found: 'check channel, and invite the app when the channel is private',
  is_archived: 'choose another channel, this one is archived',
  invalid_auth: 'check token',
  not_authed: 'check token',
  account_inactive: 'install the app again and take its new token',
  token_revoked: 'install the app again and take its new token',
  token_expired: 'take a token that does not expire (token rotation off)',
  missing_scope: 'give the app this scope and install it again',
  not_allowed_token_type: 'take the bot token, xoxb-...',
  restricted_action: 'let the app post in this channel (its posting permissions)',
  edit_window_closed: 'let apps edit their messages at any time (workspace settings)',
  cant_update_message: 'the message belongs to another app: is the token that of the app that posted it?',
};

/** The decision by error code. An error that is not known would be met again: it is about the request. */
export function slackOutcome(error: string): SlackOutcome {
  if (PASSING.has(error)) return 'later';
  return GONE.has(error) ? 'gone' : 'refused';
}

/** The error as it is told: with the scope that is missing, and what to do. */
export function slackWords(error: string, needed: string | undefined): string {
  const what = needed === undefined ? error : `${error} (${needed})`;
  const remedy = Object.hasOwn(REMEDIES, error) ? REMEDIES[error] : undefined;
  return remedy === undefined ? what : `${what}: ${remedy}`;
}
