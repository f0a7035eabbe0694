import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { fastify, type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { z } from 'zod';
import { steeringRoutes } from '../../client/api/steering.js';
import { Refused } from '../../client/errors.js';
import type { Incidents } from '../../client/incidents.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { INTERACTIONS_PATH } from '../../client/slack/interactions.js';
import { configSchema } from '../../config/schema.js';
import { faultKind } from '../../model/diagnosis.js';
import { fakeIncidents, INCIDENT_ID } from '../support/fake-incidents.js';

const [OLD, NEW] = ['old signing secret', 'new signing secret'];
const ANN = { id: 'U012AB3CD', username: 'ann', name: 'ann' };
const BY = 'ann (Slack U012AB3CD)';

const plainText = (most: number) =>
  z.object({ type: z.literal('plain_text'), text: z.string().min(1).max(most) });
/** Slack's published limits of a dialogue. */
const dialogue = z.object({
  trigger_id: z.string().min(1),
  view: z.object({
    type: z.literal('modal'),
    callback_id: z.string().max(255),
    private_metadata: z.string().max(3000),
    title: plainText(24),
    submit: plainText(24),
    close: plainText(24),
    blocks: z
      .array(
        z.object({
          type: z.literal('input'),
          block_id: z.string().max(255),
          label: plainText(2000),
          hint: plainText(2000).optional(),
          element: z.object({
            action_id: z.string().max(255),
            max_length: z.number().max(3000).optional(),
            options: z
              .array(z.object({ text: plainText(75), value: z.string().max(150) }))
              .max(100)
              .optional(),
          }),
        }),
      )
      .max(100),
  }),
});

/** What Slack was asked by the endpoint: dialogues to open, and answers to people who clicked. */
class Slack {
  readonly dialogues: z.infer<typeof dialogue>[] = [];
  readonly answers: { response_type: string; blocks: { text: { type: string; text: string } }[] }[] = [];
  opensDialogues = true;
  url = '';
  private readonly app: FastifyInstance = fastify({ forceCloseConnections: true });

  async open(): Promise<void> {
    this.app.post('/api/views.open', (request) => {
      this.dialogues.push(dialogue.parse(request.body));
      return { ok: this.opensDialogues, ...(!this.opensDialogues && { error: 'expired_trigger_id' }) };
    });
    this.app.post('/actions/1', (request) => {
      this.answers.push(request.body as (typeof this.answers)[number]);
      return 'ok';
    });
    this.url = await this.app.listen({ host: '127.0.0.1', port: 0 });
  }

  close(): Promise<void> {
    return this.app.close();
  }

  get told(): string[] {
    return this.answers.map(({ blocks }) => blocks[0]?.text.text ?? '');
  }
}

function signed(body: string, secret: string, timestamp: number): Record<string, string> {
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(timestamp),
    'x-slack-signature': `v0=${digest}`,
  };
}

const form = (payload: unknown): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
const now = (): number => Math.floor(Date.now() / 1000);

describe('the endpoint that hears buttons in Slack', () => {
  let slack: Slack;
  const servers: FastifyInstance[] = [];
  beforeEach(async () => {
    slack = new Slack();
    await slack.open();
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((app) => app.close()));
    await slack.close();
  });

  async function endpoint(overrides: Partial<Incidents> = {}, sinks: Record<string, unknown> = {}) {
    const incidents = fakeIncidents(overrides);
    const config = configSchema.parse({
      metrics: { type: 'prometheus', url: 'http://prometheus' },
      webhook: { auth: { type: 'bearer', tokens: ['a token that Slack does not have'] } },
      sinks: [
        {
          type: 'slack',
          name: 'chat',
          token: 'xoxb-1-test',
          channel: 'C0123456789',
          url: `${slack.url}/api/`,
          signingSecrets: [NEW, OLD],
          ...sinks,
        },
      ],
    });
    const log = pino({ level: 'silent' });
    const app = await buildReceiver({
      config,
      incidents,
      log,
      routes: steeringRoutes({ config, incidents, log }),
    });
    servers.push(app);
    const send = (payload: string, headers: Record<string, string>) =>
      app.inject({ method: 'POST', url: INTERACTIONS_PATH, headers, payload });
    /** Sends what Slack would, and waits until the endpoint has done what it asks. */
    const hear = async (payload: unknown, secret = NEW) => {
      const body = form(payload);
      const answer = await send(body, signed(body, secret, now()));
      await app.close();
      return answer;
    };
    return { app, asked: incidents.asked, send, hear };
  }

  const click = (action: string, more: Record<string, unknown> = {}) => ({
    type: 'block_actions',
    user: ANN,
    trigger_id: '1.2.abc',
    response_url: `${slack.url}/actions/1`,
    actions: [{ type: 'button', action_id: action, block_id: 'x', value: INCIDENT_ID }],
    ...more,
  });

  const buttons: [string, unknown[], RegExp][] = [
    ['faultline-acknowledge', ['acknowledge', INCIDENT_ID, { by: BY }], /^Acknowledged/],
    ['faultline-rerun', ['rerun', INCIDENT_ID, { by: BY }], /^Rerun requested/],
    [
      'faultline-right',
      ['giveFeedback', INCIDENT_ID, { grade: 'right', service: null, faultKind: null, note: '', by: BY }],
      /^Recorded: the diagnosis was right/,
    ],
  ];
  for (const [action, expected, told] of buttons) {
    it(`does what ${action} says, and tells who clicked`, async () => {
      const { asked, hear } = await endpoint();
      const answer = await hear(click(action));
      assert.equal(answer.statusCode, 200);
      assert.deepEqual(asked, [expected]);
      assert.match(slack.told.join(), told);
      assert.equal(slack.answers[0]?.response_type, 'ephemeral');
    });
  }

  it('asks what it really was before a diagnosis is called wrong', async () => {
    const { asked, hear } = await endpoint();
    await hear(click('faultline-wrong'));
    assert.deepEqual(asked, []);
    assert.equal(slack.dialogues[0]?.trigger_id, '1.2.abc');
    assert.equal(slack.dialogues[0].view.private_metadata, INCIDENT_ID);
    for (const kind of faultKind.options)
      assert.ok(JSON.stringify(slack.dialogues[0].view).includes(`"${kind}"`));
  });

  it('records a wrong without a correction where no dialogue can be opened', async () => {
    slack.opensDialogues = false;
    const { asked, hear } = await endpoint();
    await hear(click('faultline-wrong'));
    const verdict = { grade: 'wrong', service: null, faultKind: null, note: '', by: BY };
    assert.deepEqual(asked, [['giveFeedback', INCIDENT_ID, verdict]]);
    assert.match(slack.told.join(), /faultline feedback/);
  });

  const submission = (values: Record<string, unknown>) => ({
    type: 'view_submission',
    user: ANN,
    view: { callback_id: 'faultline-correction', private_metadata: INCIDENT_ID, state: { values } },
  });

  it('records the correction that the dialogue was given', async () => {
    const { asked, hear } = await endpoint();
    const answer = await hear(
      submission({
        service: { given: { type: 'plain_text_input', value: 'ledger' } },
        faultKind: { given: { type: 'static_select', selected_option: { value: 'disk' } } },
        note: { given: { type: 'plain_text_input', value: null } },
      }),
    );
    assert.deepEqual(answer.json(), {}, 'closes the dialogue');
    const verdict = { grade: 'wrong', service: 'ledger', faultKind: 'disk', note: '', by: BY };
    assert.deepEqual(asked, [['giveFeedback', INCIDENT_ID, verdict]]);
  });

  it('shows in the dialogue why a correction was refused', async () => {
    const giveFeedback = () => Promise.reject(new Refused('it is closed'));
    const { hear } = await endpoint({ giveFeedback });
    const answer = await hear(submission({}));
    assert.deepEqual(answer.json(), { response_action: 'errors', errors: { note: 'it is closed' } });
  });

  it('does not let the dialogue close as if a correction was taken that is not yet', async () => {
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const { app, send } = await endpoint({ giveFeedback: () => slow.then(() => fakeIncidents().show('')) });
    const body = form(submission({}));
    const answer = await send(body, signed(body, NEW, now()));
    release();
    await app.close();
    assert.match(answer.json<{ errors: { note: string } }>().errors.note, /no answer yet/);
  });

  it('tells who clicked why the incident refused', async () => {
    const { hear } = await endpoint({
      acknowledge: () => Promise.reject(new Refused('it is <!here> closed')),
    });
    const answer = await hear(click('faultline-acknowledge'));
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(slack.told, ['it is &lt;!here&gt; closed']);
    assert.equal(slack.answers[0]?.blocks[0]?.text.type, 'plain_text', 'nothing in it is markup');
  });

  it('answers Slack in time also when Temporal takes long, and does the work all the same', async () => {
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const done: string[] = [];
    const { app, send } = await endpoint({
      acknowledge: async (id) => {
        await slow;
        done.push(id);
        return fakeIncidents().show(id);
      },
    });
    const body = form(click('faultline-acknowledge'));
    const answer = await send(body, signed(body, NEW, now()));
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(done, []);
    release();
    await app.close();
    assert.deepEqual(done, [INCIDENT_ID], 'the server ends after its work');
  });

  it('answers nobody at an address that is not Slack', async () => {
    const { asked, hear } = await endpoint();
    const elsewhere = slack.url.replace('127.0.0.1', 'localhost');
    await hear(click('faultline-acknowledge', { response_url: `${elsewhere}/actions/1` }));
    assert.equal(asked.length, 1);
    assert.deepEqual(slack.answers, []);
  });

  it('believes the old secret during rotation, and no other', async () => {
    const rotating = await endpoint();
    assert.equal((await rotating.hear(click('faultline-acknowledge'), OLD)).statusCode, 200);
    assert.equal(rotating.asked.length, 1);
    const strange = await endpoint();
    assert.equal((await strange.hear(click('faultline-acknowledge'), 'a guess')).statusCode, 401);
    assert.deepEqual(strange.asked, []);
  });

  it('does once what is replayed', async () => {
    const { app, asked, send } = await endpoint();
    const body = form(click('faultline-acknowledge'));
    const headers = signed(body, NEW, now());
    assert.equal((await send(body, headers)).statusCode, 200);
    assert.equal((await send(body, headers)).statusCode, 200);
    await app.close();
    assert.equal(asked.length, 1);
  });

  const forged: [string, (body: string) => [string, Record<string, string>]][] = [
    ['no signature', (body) => [body, { 'content-type': 'application/x-www-form-urlencoded' }]],
    ['a signature of six minutes ago', (body) => [body, signed(body, NEW, now() - 360)]],
    ['a signature of six minutes ahead', (body) => [body, signed(body, NEW, now() + 360)]],
    ['a body that was changed', (body) => [`${body}&x=1`, signed(body, NEW, now())]],
    [
      'a timestamp that was changed',
      (body) => [body, { ...signed(body, NEW, now() - 360), 'x-slack-request-timestamp': String(now()) }],
    ],
    [
      'a timestamp that is none',
      (body) => [body, { ...signed(body, NEW, now()), 'x-slack-request-timestamp': 'now' }],
    ],
    [
      'another version',
      (body) => [body, { ...signed(body, NEW, now()), 'x-slack-signature': `v1=${'0'.repeat(64)}` }],
    ],
    ['half a signature', (body) => [body, { ...signed(body, NEW, now()), 'x-slack-signature': 'v0=00' }]],
    [
      'the credentials of alerts',
      (body) => [
        body,
        {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: 'Bearer a token that Slack does not have',
        },
      ],
    ],
  ];
  for (const [what, make] of forged) {
    it(`answers 401 to ${what}, and asks nobody`, async () => {
      const { app, asked, send } = await endpoint();
      const answer = await send(...make(form(click('faultline-acknowledge'))));
      assert.equal(answer.statusCode, 401);
      await app.close();
      assert.deepEqual(asked, []);
      assert.deepEqual(slack.answers, []);
    });
  }

  const unreadable: [string, () => string][] = [
    ['no payload', () => 'x=1'],
    ['a payload that is no JSON', () => 'payload=%7B'],
    [
      'an incident that is none',
      () => {
        const action = { action_id: 'faultline-acknowledge', value: 'triage/default' };
        return form(click('faultline-acknowledge', { actions: [action] }));
      },
    ],
    ['nobody who clicked', () => form(click('faultline-acknowledge', { user: null }))],
  ];
  for (const [what, make] of unreadable) {
    it(`answers 400 to ${what}`, async () => {
      const { app, asked, send } = await endpoint();
      const body = make();
      assert.equal((await send(body, signed(body, NEW, now()))).statusCode, 400);
      await app.close();
      assert.deepEqual(asked, []);
    });
  }

  const foreign: [string, () => object][] = [
    [
      'a button of somebody else',
      () => click('faultline-acknowledge', { actions: [{ action_id: 'approve', value: '1' }] }),
    ],
    ['a dialogue that was closed', () => ({ type: 'view_closed', user: ANN })],
    [
      'a dialogue of somebody else',
      () => ({
        ...submission({}),
        view: { callback_id: 'x', private_metadata: '', state: { values: {} } },
      }),
    ],
  ];
  for (const [what, make] of foreign) {
    it(`leaves ${what} alone`, async () => {
      const { asked, hear } = await endpoint();
      assert.equal((await hear(make())).statusCode, 200);
      assert.deepEqual(asked, []);
    });
  }

  it('is not there without a signing secret', async () => {
    const { send } = await endpoint({}, { signingSecrets: undefined });
    const body = form(click('faultline-acknowledge'));
    assert.equal((await send(body, signed(body, NEW, now()))).statusCode, 404);
  });
});
