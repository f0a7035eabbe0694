import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { slackSink } from '../../config/sinks/slack.js';
import type { IncidentRecord } from '../../model/incident.js';
import { CHANNEL, TOKEN as BOT_TOKEN, Workspace, type Posted } from '../publish/slack-workspace.js';
import { houseConfig, startHouse, TOKEN, type House } from '../support/house.js';
import { needs } from '../support/needs.js';
import { writeIncident } from '../support/written-incident.js';

const SIGNING_SECRET = 'the signing secret of the app';

describe('an incident in Slack, on a real Temporal server', function () {
  this.timeout(180_000);
  let house: House;
  let id: string;
  let alert: number;
  const slack = new Workspace();
  const endings: (() => Promise<void>)[] = [];

  before(async function () {
    needs(this, 'prometheus');
    const written = await writeIncident();
    endings.push(() => written.close());
    await slack.open();
    endings.push(() => slack.close());
    const { directory, prometheus, sink } = written;
    const options = { directory, prometheusUrl: prometheus.url, sinkUrl: sink.url };
    const loaded = houseConfig(options);
    loaded.config.sinks = [
      slackSink.parse({
        type: 'slack',
        name: 'chat',
        token: BOT_TOKEN,
        channel: CHANNEL,
        url: slack.url,
        signingSecrets: [SIGNING_SECRET],
      }),
    ];
    loaded.config.webhook.api = { auth: { type: 'bearer', tokens: [{ name: 'reader', token: TOKEN }] } };
    house = await startHouse({ ...options, loaded });
    endings.push(() => house.stop());
    alert = written.alert;
    await house.post({ startsAt: alert, status: 'firing' });
    id = await house.incident();
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });

  async function untilMessage(holds: (message: Posted) => boolean): Promise<Posted> {
    for (;;) {
      const [message] = slack.parents;
      if (message && holds(message)) return message;
      await sleep(100);
    }
  }

  /** Clicks a button as it stands in the message. */
  async function click(action: string): Promise<void> {
    const message = await untilMessage(({ blocks }) => JSON.stringify(blocks).includes(action));
    const buttons = (message.blocks as { type: string; elements?: { action_id?: string }[] }[]).flatMap(
      ({ elements = [] }) => elements,
    );
    const actions = [buttons.find(({ action_id }) => action_id === action)];
    const payload = JSON.stringify({
      type: 'block_actions',
      user: { id: 'U012AB3CD', name: 'ann' },
      actions,
    });
    const body = new URLSearchParams({ payload }).toString();
    const timestamp = Math.floor(Date.now() / 1000);
    const digest = createHmac('sha256', SIGNING_SECRET).update(`v0:${timestamp}:${body}`).digest('hex');
    const answer = await axios.post(`${house.url}/v1/slack/interactions`, body, {
      headers: { 'X-Slack-Request-Timestamp': String(timestamp), 'X-Slack-Signature': `v0=${digest}` },
    });
    assert.equal(answer.status, 200);
  }

  it('is told in one message', async () => {
    const message = await untilMessage(() => true);
    assert.match(message.text, /payment/);
    assert.equal(message.metadata?.event_payload['incident'], id);
  });

  it('is acknowledged by a button', async () => {
    await click('faultline-acknowledge');
    const record = await house.until(id, ({ acknowledged }) => acknowledged !== null);
    assert.equal(record.acknowledged?.by, 'ann (Slack U012AB3CD)');
  });

  it('is judged by a button, as the API then answers', async () => {
    await click('faultline-right');
    await house.until(id, ({ feedback }) => feedback !== null);
    const { data } = await axios.get<IncidentRecord>(`${house.url}/v1/incidents/${encodeURIComponent(id)}`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    assert.equal(data.feedback?.grade, 'right');
    assert.equal(data.feedback.by, 'ann (Slack U012AB3CD)');
  });

  it('ends in the same message', async () => {
    await house.post({ startsAt: alert, status: 'resolved' });
    const message = await untilMessage(({ text }) => text.startsWith('[Resolved'));
    assert.equal(slack.parents.length, 1);
    assert.match(JSON.stringify(message.blocks), /Acknowledged.*ann \(Slack U012AB3CD\)/);
  });
});
