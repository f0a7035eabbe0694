import assert from 'node:assert/strict';
import { slackOutcome } from '../../activities/publish/slack/decision.js';

describe('what an error of Slack means', () => {
  const table: [string, 'later' | 'gone' | 'refused'][] = [
    ['ratelimited', 'later'],
    ['rate_limited', 'later'],
    ['internal_error', 'later'],
    ['fatal_error', 'later'],
    ['service_unavailable', 'later'],
    ['request_timeout', 'later'],
    ['team_added_to_org', 'later'],
    ['org_login_required', 'later'],
    ['external_channel_migrating', 'later'],
    ['update_failed', 'later'],
    ['message_not_found', 'gone'],
    ['invalid_auth', 'refused'],
    ['not_authed', 'refused'],
    ['account_inactive', 'refused'],
    ['token_revoked', 'refused'],
    ['token_expired', 'refused'],
    ['missing_scope', 'refused'],
    ['not_allowed_token_type', 'refused'],
    ['channel_not_found', 'refused'],
    ['not_in_channel', 'refused'],
    ['is_archived', 'refused'],
    ['restricted_action', 'refused'],
    ['cant_update_message', 'refused'],
    ['edit_window_closed', 'refused'],
    ['msg_too_long', 'refused'],
    ['msg_blocks_too_long', 'refused'],
    ['invalid_blocks', 'refused'],
    ['invalid_arguments', 'refused'],
    ['invalid_metadata_format', 'refused'],
    ['an_error_of_next_year', 'refused'],
  ];
  for (const [error, kind] of table) {
    it(`${error}: ${kind}`, () => assert.equal(slackOutcome(error), kind));
  }
});
