import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { slackOutcome } from '../../activities/publish/slack/decision.js';
import { INTERACTIONS_PATH } from '../../client/slack/interactions.js';

const PAGE = readFileSync(new URL('../../docs/sinks/slack.md', import.meta.url), 'utf8');

interface Manifest {
  oauth_config: { scopes: { bot: string[] } };
  settings: { interactivity: { request_url: string } };
}

describe('the page on Slack', () => {
  it('shows a manifest that leads the buttons to the receiver and lets the app do what the sink does', () => {
    const [, yaml = ''] = /```yaml\n( *display_information:.*?)```/s.exec(PAGE) ?? [];
    const { oauth_config, settings } = parse(yaml) as Manifest;
    assert.equal(new URL(settings.interactivity.request_url).pathname, INTERACTIONS_PATH);
    assert.deepEqual(oauth_config.scopes.bot, ['chat:write', 'channels:history', 'groups:history']);
  });

  it('says of errors what is decided of them', () => {
    const rows = PAGE.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'));
    const errorsOf = (verdict: string): string[] =>
      rows
        .filter((row) => row.split('|')[2]?.trim().startsWith(verdict))
        .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, error = '']) => error));
    const later = errorsOf('tries again').map(slackOutcome);
    const refused = errorsOf('gives up').map(slackOutcome);
    assert.ok(later.length >= 4 && later.every((outcome) => outcome === 'later'));
    assert.ok(refused.length >= 5 && refused.every((outcome) => outcome === 'refused'));
    assert.deepEqual(errorsOf('posts anew').map(slackOutcome), ['gone']);
  });
});
