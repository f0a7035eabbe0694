import type { ModalView } from '@slack/types';
import axios from 'axios';
import type { Config } from '../../config/schema.js';
import { slackEntities } from '../../report/slack-entities.js';

/** A Slack app whose buttons are heard, as the sinks that post for it are configured. */
export interface SlackApp {
  token: string;
  signingSecrets: string[];
  /** Base address of Slack's Web API. */
  url: string;
}

/** Slack invalidates the trigger of a dialogue after three seconds. */
const DIALOGUE_MS = 2_000;
const ANSWER_MS = 5_000;

export function slackApps({ sinks }: Pick<Config, 'sinks'>): SlackApp[] {
  return sinks.flatMap((sink) => {
    if (sink.type !== 'slack' || sink.signingSecrets === undefined) return [];
    const { token, signingSecrets, url } = sink;
    return [{ token, signingSecrets, url }];
  });
}

/** Opens a dialogue for whoever clicked. Answers whether Slack did. */
export async function openDialogue(app: SlackApp, trigger: string, view: ModalView): Promise<boolean> {
  try {
    const { data } = await axios.post<{ ok?: unknown }>(
      `${app.url.replace(/\/$/, '')}/views.open`,
      { trigger_id: trigger, view },
      { ...BOUNDS, timeout: DIALOGUE_MS, headers: { Authorization: `Bearer ${app.token}` } },
    );
    return data.ok === true;
  } catch {
    return false;
  }
}

/**
 * Answers whoever clicked, for nobody else to see. `responseUrl` comes with the click; one that does not lead to the
 * app's own Slack is left alone.
 *
 * @throws when Slack does not take it
 */
export async function answerClick(app: SlackApp, responseUrl: string, text: string): Promise<void> {
  if (!isSlacks(responseUrl, app)) throw new Error('the response_url leads elsewhere than to Slack');
  const body = {
    response_type: 'ephemeral',
    replace_original: false,
    // Plain, so that nothing in it is markup; the other text is what a notification says.
    blocks: [{ type: 'section', text: { type: 'plain_text', text: slackEntities(text), emoji: false } }],
    text: 'Faultline answers',
  };
  await axios.post(responseUrl, body, { ...BOUNDS, timeout: ANSWER_MS });
}

const BOUNDS = { maxRedirects: 0, maxContentLength: 1024 * 1024 };

/** `https://hooks.slack.com/...` for an API at `https://slack.com/api/`. */
function isSlacks(address: string, { url }: SlackApp): boolean {
  if (!URL.canParse(address)) return false;
  const [api, given] = [new URL(url), new URL(address)];
  const isSameHost = given.host === api.host || given.host.endsWith(`.${api.host}`);
  return given.protocol === api.protocol && isSameHost;
}
