import type { SnsConfig } from '../../../config/sources/signed.js';
import { demandFresh, NotAuthentic } from '../authenticity.js';
import { parseJson } from '../json.js';
import { MalformedPayload, readBody } from '../malformed.js';
import { secondsOf } from '../moment.js';
import type { RawPost, Source } from '../source.js';
import { anomaliesOf } from './adapter.js';
import { amazon as realAmazon, isAmazons, type Amazon } from './amazon.js';
import { cloudwatchAlarm, snsEnvelope } from './schema.js';
import { SnsVerifier } from './verify.js';

/**
 * CloudWatch alarms by way of an Amazon SNS topic, whose subscription is confirmed by itself. Nothing is asked of any
 * host but SNS, and only for topics that are allowed.
 */
export function sns({ topics, toleranceSeconds }: SnsConfig, amazon: Amazon = realAmazon): Source {
  const verifier = new SnsVerifier(amazon);
  const allowed = new Set(topics);
  return {
    name: 'sns',
    title: 'Amazon SNS (CloudWatch)',
    credentials: { type: 'none' },
    // SNS says text/plain although it posts JSON.
    mediaTypes: ['text/plain', 'application/json'],
    async authenticate({ bytes, receivedAt }: RawPost) {
      const envelope = readBody(snsEnvelope, parseJson(bytes));
      if (!allowed.has(envelope.TopicArn)) {
        throw new NotAuthentic('TopicArn: this topic is none of webhook.sources.sns.topics');
      }
      demandFresh(secondsOf(envelope.Timestamp), receivedAt, toleranceSeconds);
      await verifier.demandSignature(envelope);
    },
    async read({ body, receivedAt }, settings) {
      const envelope = readBody(snsEnvelope, body);
      if (envelope.Type === 'SubscriptionConfirmation') {
        await amazon.get(confirmationOf(envelope.SubscribeURL ?? ''));
        return [];
      }
      if (envelope.Type === 'UnsubscribeConfirmation') return [];
      const alarm = alarmIn(envelope.Message);
      return alarm === undefined
        ? []
        : anomaliesOf(readBody(cloudwatchAlarm, alarm), { receivedAt, settings });
    },
  };
}

function confirmationOf(address: string): string {
  if (isAmazons(address) && new URL(address).searchParams.get('Action') === 'ConfirmSubscription')
    return address;
  const problem = 'expected an address of Amazon SNS that confirms a subscription';
  throw new MalformedPayload([{ field: 'SubscribeURL', problem }]);
}

/** A topic may carry other news than alarms: those are none of our business. */
function alarmIn(message: string): unknown {
  if (!message.trimStart().startsWith('{')) return undefined;
  const content = parseJson(message, 'Message');
  const isAlarm = typeof content === 'object' && content !== null && 'AlarmName' in content;
  return isAlarm ? content : undefined;
}
