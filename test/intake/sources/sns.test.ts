import assert from 'node:assert/strict';
import { VerificationUnavailable } from '../../../client/intake/authenticity.js';
import { isAmazons } from '../../../client/intake/sns/amazon.js';
import type { SnsEnvelope } from '../../../client/intake/sns/schema.js';
import { sns } from '../../../client/intake/sns/source.js';
import { SNS_CERTIFICATE, SNS_HEADERS, SNS_TOPIC, snsEnvelope } from '../../support/foreign-senders.js';
import { fixture, intakeRigs, NOW } from '../../support/intake-rig.js';

const CONFIRM = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${SNS_TOPIC}&Token=2336412f37`;

describe('alarms by way of Amazon SNS', () => {
  const rig = intakeRigs();

  /** A receiver, and every address that it asked. */
  async function open(answer: () => Promise<string> = () => Promise.resolve(SNS_CERTIFICATE)) {
    const asked: string[] = [];
    const amazon = {
      get(url: string) {
        asked.push(url);
        return answer();
      },
    };
    const source = sns({ topics: [SNS_TOPIC], toleranceSeconds: 3600 }, amazon);
    const { post, raised } = await rig({}, [source]);
    const send = (envelope: SnsEnvelope) => post('/v1/sns', envelope, SNS_HEADERS);
    return { send, raised, asked };
  }

  const alarm = (changes: Partial<SnsEnvelope> = {}) => snsEnvelope(fixture('sns/alarm'), NOW - 5, changes);

  for (const version of ['1', '2'] as const) {
    it(`are taken with a signature of version ${version}`, async () => {
      const { send, raised } = await open();
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

  it('are refused when the certificate is none', async () => {
    const { send } = await open(() => Promise.resolve('<html>'));
    assert.equal((await send(alarm())).status, 401);
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
      assert.equal(isAmazons(url), false);
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

  for (const path of ['/?Action=Publish&x=.pem', '/a.pem/../b', '/a.txt']) {
    it(`take no certificate from ${path}`, async () => {
      const { send, asked } = await open();
      const answer = await send(alarm({ SigningCertURL: `https://sns.eu-west-1.amazonaws.com${path}` }));
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

  it('do not follow an address of SNS that does anything else than to confirm', async () => {
    const { send, asked } = await open();
    const url = 'https://sns.eu-west-1.amazonaws.com/?Action=Publish&Message=x';
    const control = { Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL: url } as const;
    assert.equal((await send(alarm(control))).status, 400);
    assert.ok(!asked.includes(url));
  });

  it('stay unsubscribed when somebody unsubscribes', async () => {
    const { send, asked } = await open();
    const control = { Type: 'UnsubscribeConfirmation', Token: 't', SubscribeURL: CONFIRM } as const;
    assert.equal((await send(alarm(control))).status, 200);
    assert.ok(!asked.includes(CONFIRM));
  });
});
