import assert from 'node:assert/strict';
import fc from 'fast-check';
import getPort from 'get-port';
import { htmlOf } from '../../activities/publish/email/html.js';
import { mailOf } from '../../activities/publish/email/mail.js';
import { mailOutcome } from '../../activities/publish/email/smtp.js';
import { configSchema } from '../../config/schema.js';
import { titleOf } from '../../report/headline.js';
import { SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';
import { golden } from './golden.js';
import { COURSE, failureOf, ID, openEach, PublishLab, revisionOf } from './lab.js';
import { LOGIN, MAIL_MOODS, MailServer } from './mail-server.js';

describe('email sink', () => {
  let server: MailServer;
  let lab: PublishLab;
  openEach(() => [(server = new MailServer()), (lab = new PublishLab())]);

  const sink = (more: Record<string, unknown> = {}) => ({
    type: 'email',
    from: 'Faultline <faultline@example.com>',
    to: ['operations@example.com', 'Sam <sam@example.com>'],
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    login: LOGIN,
    ...more,
  });

  it('sends a mail when there is something to tell, each in answer to the one before it', async () => {
    const publications = await lab.tell(sink());
    assert.deepEqual(
      server.mails.map(({ subject }) => subject),
      [0, 1, 4].map((revision) => titleOf(COURSE[revision]!)),
    );
    const [first, second, last] = server.mails;
    assert.equal(second?.inReplyTo, first?.messageId);
    assert.equal(last?.inReplyTo, second?.messageId);
    assert.equal(publications.at(-1)?.reference, last?.messageId);
    const threads = server.mails.map(({ references }) => [references].flat()[0]);
    assert.equal(new Set(threads).size, 1, 'one conversation');
  });

  it('tells an escalation, and high priority only while a critical incident is open', async () => {
    const escalation = revisionOf('confirmed bad deploy', 2, {
      revisionReason: 'escalation',
      acknowledged: null,
    });
    await lab.tell(sink(), [COURSE[0]!, escalation, COURSE[4]!]);
    assert.deepEqual(
      server.mails.map(({ headers }) => headers.get('priority')),
      ['high', 'high', undefined],
    );
  });

  it('says the same in text and HTML, to all, with headers for filters', async () => {
    await lab.publish(sink(), COURSE[1]!);
    const [mail] = server.mails;
    const { headers, text = '', html } = mail!;
    assert.ok(typeof html === 'string');
    for (const part of [text, html]) {
      assert.match(part, /payment \(96 %\)[^]*Fault type: code change/);
      assert.match(part, /Take payment back to v811/);
      assert.match(part, /kubectl rollout undo deployment\/payment/);
    }
    assert.deepEqual(
      [mail!.to].flat().map((to) => to?.text),
      ['operations@example.com, "Sam" <sam@example.com>'],
    );
    assert.equal(mail!.from?.text, '"Faultline" <faultline@example.com>');
    assert.equal(headers.get('auto-submitted'), 'auto-generated');
    assert.equal(headers.get('x-faultline-incident'), ID);
  });

  it('sends each mail under one Message-ID after any failures and lost replies', async function () {
    this.timeout(120_000);
    const moods = fc.array(fc.array(fc.constantFrom(...MAIL_MOODS), { maxLength: 5 }), {
      minLength: 3,
      maxLength: 3,
    });
    let incidents = 0;
    await fc.assert(
      fc.asyncProperty(moods, async (days) => {
        const id = `${ID}${(incidents += 1)}`;
        server.mails = [];
        for (const [index, revision] of [0, 1, 4].entries()) {
          server.moods = [...days[index]!];
          await lab.untilDone(sink(), { ...COURSE[revision]!, id });
        }
        const sent = new Map(server.mails.map((mail) => [mail.messageId, mail]));
        assert.equal(sent.size, 3);
        const lost = days.flatMap((day) => day.slice(0, day.indexOf('take') < 0 ? 9 : day.indexOf('take')));
        const repeats = lost.filter((mood) => mood === 'take and lose the reply').length;
        assert.equal(server.mails.length, 3 + repeats, 'a mail is sent again only where its reply was lost');
      }),
      { numRuns: 10 },
    );
  });

  for (const [responseCode, kind] of [
    [421, 'later'],
    [450, 'later'],
    [451, 'later'],
    [452, 'later'],
    [503, 'later'],
    [535, 'refused'],
    [550, 'refused'],
    [552, 'refused'],
    [554, 'refused'],
  ] as const) {
    it(`takes a reply of ${responseCode} for ${kind}`, async () => {
      const stub = new MailServer();
      await stub.open();
      stub.replyCode = responseCode;
      const failure = await failureOf(lab.publish(sink({ port: stub.port }), COURSE[0]!));
      await stub.close();
      assert.equal(failure.type, kind === 'later' ? 'SinkUnavailable' : 'SinkRefused');
      assert.match(failure.message, new RegExp(`^sink it at 127\\.0\\.0\\.1:\\d+ answered ${responseCode} `));
    });
  }

  it('tries again where nobody listens', async () => {
    const failure = await failureOf(lab.publish(sink({ port: await getPort() }), COURSE[0]!));
    assert.equal(failure.type, 'SinkUnavailable');
    assert.match(failure.message, /gave no answer \(.*ECONNREFUSED/);
    assert.deepEqual(mailOutcome('anything else'), { kind: 'later', afterSeconds: null });
  });

  it('gives up with the words of the server and without the password', async () => {
    const login = { ...LOGIN, password: 'another mail password' };
    const refused = await failureOf(lab.publish(sink({ login }), COURSE[0]!));
    assert.equal(refused.nonRetryable, true);
    assert.match(refused.message, /answered 535 /);
    assert.ok(!refused.message.includes('another mail password'));
    const nobody = await failureOf(lab.publish(sink({ to: ['who@elsewhere.example'] }), COURSE[0]!));
    assert.match(nobody.message, /answered 550 .*No such user/);
  });

  it('sends nothing readable to a server that does not offer STARTTLS', async () => {
    const open = new MailServer({ hideSTARTTLS: true });
    await open.open();
    await failureOf(lab.publish(sink({ port: open.port, security: 'starttls' }), COURSE[0]!));
    await open.close();
    assert.deepEqual(open.mails, []);
  });

  it('takes only addresses that are one address', () => {
    for (const to of ['a@b.example, c@d.example', 'nobody', 'a@b.example\r\nBcc: c@d.example', '<a@b']) {
      const sinks = [{ name: 'mail', ...sink({ to: [to] }) }];
      const parsed = configSchema.safeParse({
        metrics: { type: 'prometheus', url: 'http://127.0.0.1:9' },
        sinks,
      });
      assert.equal(parsed.success, false, to);
    }
  });

  it('shows hostile labels as text, loads nothing and shows no secret', () => {
    const html = htmlOf(SAMPLES['hostile labels'](), ['<img src=x>']);
    assert.doesNotMatch(html, /<(?:script|img|iframe|link|object|svg)\b/i);
    assert.doesNotMatch(html, /href="(?!https?:)/);
    for (const secret of SECRETS) assert.ok(!html.includes(secret), secret);
    const { subject, headers } = mailOf(
      { ...delivery, record: { ...SAMPLES['hostile labels'](), id: 'incident/a\r\nBcc: x@y' } },
      configOf(sink()),
    );
    assert.doesNotMatch(`${subject}${JSON.stringify(headers)}`, /[\r\n]/);
  });

  const delivery = { before: null, attempt: 1, signal: new AbortController().signal };
  function configOf(settings: Record<string, unknown>) {
    const metrics = { type: 'prometheus', url: 'http://127.0.0.1:9' };
    const [parsed] = configSchema.parse({ metrics, sinks: [{ name: 'mail', ...settings }] }).sinks;
    assert.ok(parsed?.type === 'email');
    return parsed;
  }

  it('says what it always said', () => {
    const record = SAMPLES['suspected pool saturation']();
    const { text, html, ...mail } = mailOf({ ...delivery, record }, configOf(sink()));
    golden('email-headers.json', mail);
    golden('email.txt', text);
    golden('email.html', html);
  });
});
