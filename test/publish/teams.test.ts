import assert from 'node:assert/strict';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { cardOf, LONGEST_MESSAGE_BYTES } from '../../activities/publish/teams/card.js';
import { titleOf } from '../../report/headline.js';
import { SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';
import { golden } from './golden.js';
import { COURSE, failureOf, openEach, PublishLab, revisionOf } from './lab.js';
import { Vendor } from './vendor.js';

const run = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string().min(1),
  weight: z.enum(['Bolder']).optional(),
  size: z.enum(['Large']).optional(),
  color: z.enum(['Attention', 'Warning', 'Good', 'Accent']).optional(),
  fontType: z.enum(['Monospace']).optional(),
  isSubtle: z.boolean().optional(),
});
/** A workflow's message: one adaptive card, of parts that version 1.4 has and that show text as it stands. */
const message = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: z.literal('AdaptiveCard'),
        version: z.literal('1.4'),
        fallbackText: z.string(),
        msteams: z.strictObject({ width: z.literal('Full') }),
        body: z
          .array(z.strictObject({ type: z.literal('RichTextBlock'), inlines: z.array(run).min(1) }))
          .min(1),
        actions: z
          .array(
            z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: z.url() }),
          )
          .max(6),
      }),
    }),
  ]),
});
type Message = z.infer<typeof message>;

const SIGNATURE = 'a-signature-of-the-test';

/** A workflow of Teams, which takes what is below 28 KB and in the form of a card. */
class Workflow extends Vendor {
  cards: Message[] = [];

  protected routes(): void {
    this.app.post('/workflows/0', (request, reply) => {
      if (JSON.stringify(request.body).length > 28 * 1024) return reply.code(413).send();
      const parsed = message.safeParse(request.body);
      if (!parsed.success) return reply.code(400).send({ error: { message: parsed.error.message } });
      this.cards.push(parsed.data);
      return reply.code(202).send();
    });
  }

  protected refusalOf({ url }: FastifyRequest) {
    return url.endsWith(`sig=${SIGNATURE}`)
      ? null
      : { status: 401, message: 'DirectApiAuthorizationRequired' };
  }
}

function linesOf({ attachments: [{ content }] }: Message): string[] {
  return content.body.map(({ inlines }) => inlines.map(({ text }) => text).join(''));
}

describe('teams sink', () => {
  let workflow: Workflow;
  let lab: PublishLab;
  openEach(() => [(workflow = new Workflow()), (lab = new PublishLab())]);

  const sink = (signature = SIGNATURE) => ({
    type: 'teams',
    url: `${workflow.url}/workflows/0?api-version=1&sig=${signature}`,
  });

  it('posts a card at the first result, at an escalation and at the end, and at no other revision', async () => {
    const escalated = revisionOf('confirmed bad deploy', 4, {
      revisionReason: 'escalation',
      acknowledged: null,
    });
    const course = [...COURSE.slice(0, 3), escalated, COURSE[4]!];
    await lab.tell(sink(), course);
    assert.deepEqual(
      workflow.cards.map((card) => linesOf(card)[0]),
      [course[0]!, escalated, course[4]!].map(titleOf),
    );
    assert.ok(linesOf(workflow.cards[2]!).some((line) => line.startsWith('Changed: Resolved at')));
  });

  it('names the revision in the last line, by which a card that comes twice is known', async () => {
    workflow.moods = ['take and lose the reply'];
    await lab.untilDone(sink(), COURSE[0]!);
    const [first, second] = workflow.cards.map((card) => linesOf(card).at(-1));
    assert.match(first!, /^Faultline incident\/checkout\/.*\/r1$/);
    assert.equal(second, first);
  });

  it('tries again after failures and what a proxy says, until Teams took one card', async () => {
    workflow.moods = ['fail', 'busy', 'page of a proxy', 'reset'];
    await lab.untilDone(sink(), COURSE[0]!);
    assert.equal(workflow.cards.length, 1);
  });

  it('shows nothing of its address when it gives up', async () => {
    const failure = await failureOf(lab.publish(sink('another-signature'), COURSE[0]!));
    assert.equal(failure.nonRetryable, true);
    assert.match(failure.message, /answered 401/);
    assert.doesNotMatch(failure.message, /another-signature|workflows\/0/);
  });

  it('keeps every card below what Teams takes, and its last line', () => {
    for (const sample of Object.values(SAMPLES)) {
      const card = message.parse(
        cardOf(
          sample(),
          Array.from({ length: 9 }, () => 'x'.repeat(9000)),
        ),
      );
      assert.ok(Buffer.byteLength(JSON.stringify(card)) <= LONGEST_MESSAGE_BYTES);
      assert.match(linesOf(card).at(-1)!, /^Faultline incident\//);
    }
    const wide = SAMPLES['hostile labels']();
    wide.anomalies[0]!.links = Array.from({ length: 9 }, (_, index) => ({
      title: '表'.repeat(60),
      url: `https://graphs.example/${index}/${'x'.repeat(900)}`,
    }));
    for (const action of wide.diagnosis!.nextActions) action.command = '表'.repeat(5000);
    wide.diagnosis!.suspects[0]!.evidence.forEach((seen) => (seen.statement = '表'.repeat(5000)));
    const card = message.parse(
      cardOf(
        wide,
        Array.from({ length: 9 }, () => '表'.repeat(9000)),
      ),
    );
    assert.ok(Buffer.byteLength(JSON.stringify(card)) <= LONGEST_MESSAGE_BYTES);
    assert.match(linesOf(card).at(-1)!, /^Faultline incident\//);
  });

  it('follows only links to pages, and shows no secret of hostile labels', () => {
    const card = message.parse(cardOf(SAMPLES['hostile labels'](), []));
    for (const { url } of card.attachments[0].content.actions) assert.match(url, /^https?:\/\//);
    for (const secret of SECRETS) assert.ok(!JSON.stringify(card).includes(secret), secret);
  });

  it('says what it always said', () => {
    golden('teams-card.json', cardOf(SAMPLES['suspected pool saturation'](), []));
  });
});
