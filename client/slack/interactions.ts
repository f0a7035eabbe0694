import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ClientError } from '../errors.js';
import { answerClick, openDialogue, type SlackApp } from './app.js';
import { personOf, steer, type SteeredIncidents } from './clicks.js';
import { CORRECTION, correctionGiven, correctionView } from './correction.js';
import { readInteraction, type Interaction, type ViewSubmission } from './payload.js';
import { SeenSignatures } from './seen-signatures.js';
import { signerOf } from './signature.js';

export const INTERACTIONS_PATH = '/v1/slack/interactions';

export interface InteractionsOptions {
  apps: readonly SlackApp[];
  incidents: SteeredIncidents;
  log: FastifyBaseLogger;
  /** Unix seconds. @default the clock */
  now?: (() => number) | undefined;
}

type Clicks = Extract<Interaction, { type: 'block_actions' }>;

/** Slack shows an error to whoever clicked after three seconds. What takes longer goes on after the answer. */
const ANSWER_WITHIN_MS = 2_000;
const NOT_YET = 'There is no answer yet. It may still be recorded; to be sure, record it again in a moment.';
const BODY_LIMIT_BYTES = 256 * 1024;

/**
 * `POST /v1/slack/interactions`, where Slack posts what people click in the messages of the Slack sink.
 *
 * Answers 401 to what no secret of an app signed within the last five minutes, 400 to what cannot be read, and 200 to
 * all else, within three seconds: a click that an incident refuses is answered to the person who clicked. A request
 * that comes a second time has no effect.
 */
export function slackInteractions({
  apps,
  incidents,
  log,
  now = () => Date.now() / 1000,
}: InteractionsOptions) {
  const seen = new SeenSignatures();
  const running = new Set<Promise<void>>();

  /** Work that the answer does not wait for, and that ends before the server does. */
  function inBackground(work: Promise<void>): void {
    const logged = work.catch((error: unknown) => {
      // Not the error itself: it would show the address at which anybody can answer for us.
      log.warn({ error: String(error) }, 'a click was not answered in Slack');
    });
    running.add(logged);
    void logged.finally(() => running.delete(logged));
  }

  async function hear(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const { app, signature } = signerOf({ headers: request.headers, body }, apps, now());
    if (!seen.isFirst(signature, now())) return reply.code(200).send();

    const interaction = readInteraction(body);
    if (interaction?.type === 'block_actions') inBackground(clicked(app, interaction));
    if (interaction?.type === 'view_submission' && interaction.view.callback_id === CORRECTION) {
      return reply.code(200).send(await corrected(interaction));
    }
    return reply.code(200).send();
  }

  async function clicked(app: SlackApp, { actions, user, trigger_id, response_url }: Clicks): Promise<void> {
    const by = personOf(user);
    for (const click of actions) {
      const asks = click.action_id === 'faultline-wrong' && trigger_id !== undefined;
      if (asks && (await openDialogue(app, trigger_id, correctionView(click.value)))) continue;
      const told = await steer(incidents, click, by).catch((error: unknown) => wordsOf(error, log));
      if (response_url !== undefined) await answerClick(app, response_url, told);
    }
  }

  /** What Slack is to do with the dialogue: close it, or show why the correction was not taken. */
  async function corrected(submission: ViewSubmission): Promise<object> {
    const { incident, feedback } = correctionGiven(submission);
    const given = incidents.giveFeedback(incident, { ...feedback, by: personOf(submission.user) }).then(
      () => null,
      (error: unknown) => wordsOf(error, log),
    );
    inBackground(given.then(() => undefined));
    const refusal = await Promise.race([given, sleep(ANSWER_WITHIN_MS, NOT_YET, { ref: false })]);
    return refusal === null ? {} : { response_action: 'errors', errors: { note: refusal } };
  }

  return (server: FastifyInstance): void => {
    // Its own scope: the signature is over the bytes, so nothing may parse them before.
    void server.register((scope, _options, done) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        'application/x-www-form-urlencoded',
        { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
        (_request, body, parsed) => parsed(null, body),
      );
      scope.post(INTERACTIONS_PATH, hear);
      scope.addHook('onClose', async () => {
        await Promise.all(running);
      });
      done();
    });
  };
}

/** What the person is told of a failure: ours are whole sentences without secrets, others are the operator's news. */
function wordsOf(error: unknown, log: FastifyBaseLogger): string {
  if (error instanceof ClientError) return error.message;
  log.error({ err: error }, 'a click in Slack failed');
  return 'Faultline failed to do this; the log of its receiver says why.';
}
