import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { VerificationUnavailable } from '../../../client/intake/authenticity.js';
import type { SnsEnvelope } from '../../../client/intake/sns/schema.js';
import { sns } from '../../../client/intake/sns/source.js';
import {
  EXPIRED_CERTIFICATE,
  FOREIGN_CERTIFICATE,
  SNS_CERTIFICATE,
  SNS_HEADERS,
  SNS_TOPIC,
  snsEnvelope,
} from '../../support/foreign-senders.js';
import { fixture, intakeRigs, NOW } from '../../support/intake-rig.js';

const CONFIRM = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${SNS_TOPIC}&Token=2336412f37`;

describe('alarms by way of Amazon SNS', () => {
  const rig = intakeRigs();

  /** A receiver, and every address that it asked. */
  async function open(
    answer: () => Promise<string> = () => Promise.resolve(SNS_CERTIFICATE),
    signatureVersions: ('1' | '2')[] = ['2'],
  ) {
    const asked: string[] = [];
    const amazon = {
      get(url: string) {
        asked.push(url);
        return answer();
      },
    };
    const source = sns({ topics: [SNS_TOPIC], toleranceSeconds: 3600, signatureVersions }, amazon);
    const { post, raised, metrics } = await rig({}, [source]);
    const send = (envelope: SnsEnvelope) => post('/v1/sns', envelope, SNS_HEADERS);
    return { send, raised, asked, metrics };
  }

  const alarm = (changes: Partial<SnsEnvelope> = {}) => snsEnvelope(fixture('sns/alarm'), NOW - 5, changes);

  for (const version of ['1', '2'] as const) {
    it(`are taken with a signature of version ${version}, where it is accepted`, async () => {
      const { send, raised } = await open(undefined, [version]);
      assert.equal((await send(alarm({ SignatureVersion: version }))).status, 202);
      const [one] = raised;
      assert.equal(one?.service, 'checkout');
      assert.equal(one.symptom, 'errors');
      assert.equal(one.title, 'checkout-5xx: Error rate of checkout is above 3 %');
      assert.equal(one.startedAt, Date.parse('2026-11-24T10:43:27.123Z') / 1000);
      assert.equal(one.labels['ClusterName'], 'prod');
      assert.match(one.links[0]?.url ?? '', /^https:\/\/eu-west-1\.console\.aws\.amazon\.com\/cloudwatch\//);
    });
  }

  it('are refused with a signature of version 1 by default', async () => {
    const { send, raised, asked } = await open();
    const answer = await send(alarm({ SignatureVersion: '1' }));
    assert.equal(answer.status, 401);
    assert.match(answer.detail, /SignatureVersion to 2/);
    assert.deepEqual([asked, raised], [[], []]);
  });

  it('are taken by way of EventBridge, and tell the same', async () => {
    const { send, raised } = await open();
    const answer = await send(snsEnvelope(fixture('sns/eventbridge'), NOW));
    assert.equal(answer.status, 202, answer.detail);
    const [one] = raised;
    assert.deepEqual(
      [one?.service, one?.symptom, one?.status, one?.title],
      ['checkout', 'errors', 'firing', 'CheckoutErrors: Threshold Crossed'],
    );
    assert.equal(one?.startedAt, Date.parse('2026-11-24T10:43:40.989Z') / 1000);
    const over = fixture('sns/eventbridge').replace('"value": "ALARM"', '"value": "OK"');
    await send(snsEnvelope(over, NOW));
    assert.deepEqual([raised[1]?.status, raised[1]?.fingerprint], ['resolved', one.fingerprint]);
  });

  it('are told apart from other messages of the topic, which are counted', async () => {
    const { send, raised, metrics } = await open();
    const answer = await send(snsEnvelope('{"detail-type":"Object Created"}', NOW));
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.leftOut, [
      { reason: 'not-an-alert', count: 1, detail: 'a message that is no CloudWatch alarm' },
    ]);
    assert.match(await metrics(), /left_out_total\{source="sns",reason="not-an-alert"\} 1$/m);
    assert.deepEqual(raised, []);
  });

  it('are taken without a subject, which is then not signed', async () => {
    const { send } = await open();
    const bare = alarm({ Subject: undefined });
    assert.ok(!JSON.stringify(bare).includes('"Subject"'));
    assert.equal((await send(bare)).status, 202);
  });

  it('are taken of formulas over metrics and of other alarms', async () => {
    const { send, raised } = await open();
    await send(snsEnvelope(fixture('sns/metric-math'), NOW));
    await send(snsEnvelope(fixture('sns/composite'), NOW));
    assert.deepEqual(
      raised.map(({ service, symptom }) => [service, symptom]),
      [
        ['checkout-fn', 'errors'],
        ['shop-down', 'availability'],
      ],
    );
  });

  it('name the alarms that set off an alarm of other alarms', async () => {
    const { send, raised } = await open();
    const children = ['checkout-5xx', 'cart-5xx'].map((name, i) => ({
      Arn: `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${name}`,
      State: { Value: i === 0 ? 'ALARM' : 'OK', Timestamp: '2026-11-24T10:44:00.000+0000' },
    }));
    const composite = { ...(JSON.parse(fixture('sns/composite')) as object), TriggeringChildren: children };
    await send(snsEnvelope(JSON.stringify(composite), NOW));
    assert.equal(raised[0]?.annotations['children'], 'checkout-5xx');
  });

  it('tell nothing while there is too little data', async () => {
    const { send, raised } = await open();
    const unknown = fixture('sns/alarm').replace('"ALARM"', '"INSUFFICIENT_DATA"');
    assert.equal((await send(snsEnvelope(unknown, NOW))).status, 200);
    assert.deepEqual(raised, []);
  });

  it('cost one look at the certificate, not one each', async () => {
    const { send, asked } = await open();
    await send(alarm());
    await send(alarm({ MessageId: 'another' }));
    assert.equal(asked.length, 1);
  });

  it('may be sent again while the certificate cannot be had', async () => {
    const { send, raised } = await open(() => Promise.reject(new VerificationUnavailable('no answer')));
    const answer = await send(alarm());
    assert.equal(answer.status, 503);
    assert.equal(answer.headers['retry-after'], '5');
    assert.deepEqual(raised, []);
  });

  const noCertificates: [string, string][] = [
    ['a page', '<html>'],
    [
      'an answer of the API that holds a certificate',
      `<GetEndpoint><Token>${SNS_CERTIFICATE}</Token></GetEndpoint>`,
    ],
    ['a certificate of another name', FOREIGN_CERTIFICATE],
  ];
  for (const [what, answer] of noCertificates) {
    it(`are refused when the certificate is ${what}`, async () => {
      const { send, raised } = await open(() => Promise.resolve(answer));
      assert.equal((await send(alarm())).status, 401);
      assert.deepEqual(raised, []);
    });
  }

  it('are refused when the certificate is not valid at the time', async () => {
    const { send } = await open(() => Promise.resolve(EXPIRED_CERTIFICATE));
    const answer = await send(alarm());
    assert.equal(answer.status, 401);
    assert.match(answer.detail, /not valid at this time/);
  });

  it('share one request for a certificate, and do not repeat one that failed', async () => {
    const { send, asked } = await open(async () => {
      await sleep(20);
      throw new VerificationUnavailable('no answer');
    });
    await Promise.all([send(alarm()), send(alarm({ MessageId: 'b' }))]);
    assert.equal((await send(alarm({ MessageId: 'c' }))).status, 503);
    assert.equal(asked.length, 1);
  });

  it('have at most four requests for certificates under way', async () => {
    const { send, asked } = await open(async () => {
      await sleep(50);
      return SNS_CERTIFICATE;
    });
    const host = 'https://sns.eu-west-1.amazonaws.com';
    const posts = Array.from({ length: 12 }, (_, i) =>
      send(alarm({ SigningCertURL: `${host}/SimpleNotificationService-${String(i).padStart(32, '0')}.pem` })),
    );
    const statuses = (await Promise.all(posts)).map(({ status }) => status).sort();
    assert.equal(asked.length, 4);
    assert.deepEqual(statuses, [...Array<number>(4).fill(202), ...Array<number>(8).fill(503)]);
  });

  const elsewhere = [
    'http://sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com.evil.example/a.pem',
    'https://evil.example/sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com@evil.example/a.pem',
    'https://user@sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com:8443/a.pem',
    'https://s3.eu-west-1.amazonaws.com/bucket/a.pem',
    'https://sns.a.amazonaws.com/a.pem',
    'https://evil.sns.eu-west-1.amazonaws.com/a.pem',
    'https://169.254.169.254/latest/meta-data/a.pem',
    'file:///etc/passwd',
    'nowhere',
    '',
  ];
  for (const url of elsewhere) {
    it(`ask nothing of ${url || 'an empty address'}`, async () => {
      const { send, raised, asked } = await open();
      assert.ok([400, 401].includes((await send(alarm({ SigningCertURL: url }))).status));
      const control = { Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL: url } as const;
      assert.equal((await send(alarm(control))).status, 400);
      assert.deepEqual(
        asked.filter((address) => address === url),
        [],
      );
      assert.deepEqual(raised, []);
    });
  }

  const PEM = `SimpleNotificationService-${'0a'.repeat(16)}.pem`;
  for (const address of [
    'eu-west-1.amazonaws.com/?Action=Publish&x=.pem',
    `eu-west-1.amazonaws.com/${PEM}?Action=GetEndpointAttributes`,
    `eu-west-1.amazonaws.com/${PEM}#x`,
    `eu-west-1.amazonaws.com/x/${PEM}`,
    'eu-west-1.amazonaws.com/a.pem',
    // Of another region, or of China, than the topic.
    `us-east-1.amazonaws.com/${PEM}`,
    `eu-west-1.amazonaws.com.cn/${PEM}`,
  ]) {
    it(`take no certificate from sns.${address}`, async () => {
      const { send, asked } = await open();
      const answer = await send(alarm({ SigningCertURL: `https://sns.${address}` }));
      assert.equal(answer.status, 401);
      assert.deepEqual(asked, []);
    });
  }

  it('ask nothing of anybody for a topic that is not allowed', async () => {
    const { send, raised, asked } = await open();
    const answer = await send(alarm({ TopicArn: `${SNS_TOPIC}-other` }));
    assert.equal(answer.status, 401);
    assert.match(answer.detail, /TopicArn/);
    assert.deepEqual([asked, raised], [[], []]);
  });

  it('have their subscription confirmed, once it is known who asks', async () => {
    const { send, asked } = await open();
    const control = { Type: 'SubscriptionConfirmation', Token: '2336412f37', SubscribeURL: CONFIRM } as const;
    assert.equal((await send(alarm({ ...control, Signature: 'bm9wZQ==' }))).status, 401);
    assert.ok(!asked.includes(CONFIRM));
    assert.equal((await send(alarm(control))).status, 200);
    assert.equal(asked.at(-1), CONFIRM);
  });

  for (const query of [
    'Action=Publish&Message=x',
    `Action=ConfirmSubscription&Action=Publish&TopicArn=${SNS_TOPIC}`,
    `Action=ConfirmSubscription&TopicArn=${SNS_TOPIC}-other`,
  ]) {
    it(`do not follow an address of SNS with ${query}`, async () => {
      const { send, asked } = await open();
      const url = `https://sns.eu-west-1.amazonaws.com/?${query}`;
      const control = { Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL: url } as const;
      assert.equal((await send(alarm(control))).status, 400);
      assert.ok(!asked.includes(url));
    });
  }

  it('stay unsubscribed when somebody unsubscribes', async () => {
    const { send, asked } = await open();
    const control = { Type: 'UnsubscribeConfirmation', Token: 't', SubscribeURL: CONFIRM } as const;
    assert.equal((await send(alarm(control))).status, 200);
    assert.ok(!asked.includes(CONFIRM));
  });
});
