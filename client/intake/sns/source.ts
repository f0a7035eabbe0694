import type { SnsConfig } from '../../../config/sources/signed.js';
import { demandFresh, NotAuthentic } from '../authenticity.js';
import { parseJson } from '../json.js';
import { MalformedPayload, readBody } from '../malformed.js';
import { secondsOf } from '../moment.js';
import { notAnAlert, type Item } from '../reading.js';
import type { RawPost, Source } from '../source.js';
import { itemOf } from './adapter.js';
import { amazon as realAmazon, isConfirmationAddress, type Amazon } from './amazon.js';
import { alarmOfEvent, cloudwatchAlarm, eventBridgeAlarm, snsEnvelope, type SnsEnvelope } from './schema.js';
import { SnsVerifier } from './verify.js';

/** SNS sends at most 256 KB of message, which JSON within JSON may double and more. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * CloudWatch alarms by way of an Amazon SNS topic, whose subscription is confirmed by itself. Nothing is asked of any
 * host but SNS, and only for topics that are allowed.
 */
export function sns(
  { topics, toleranceSeconds, signatureVersions }: SnsConfig,
  amazon: Amazon = realAmazon,
): Source {
  const verifier = new SnsVerifier(amazon, signatureVersions);
  const allowed = new Set(topics);
  return {
    name: 'sns',
    title: 'Amazon SNS (CloudWatch)',
    credentials: { type: 'none' },
    bodyLimitBytes: MAX_BODY_BYTES,
    // SNS says text/plain although it posts JSON.
    mediaTypes: ['text/plain', 'application/json'],
    async authenticate({ bytes, receivedAt }: RawPost) {
      const envelope = readBody(snsEnvelope, parseJson(bytes));
      if (!allowed.has(envelope.TopicArn)) {
        throw new NotAuthentic('TopicArn: this topic is none of webhook.sources.sns.topics');
      }
      demandFresh(secondsOf(envelope.Timestamp), receivedAt, toleranceSeconds);
      await verifier.demandSignature(envelope, receivedAt);
    },
    async read({ body }) {
      const envelope = readBody(snsEnvelope, body);
      switch (envelope.Type) {
        case 'SubscriptionConfirmation':
          await amazon.get(confirmationOf(envelope));
          return [notAnAlert('the confirmation of a subscription')];
        case 'UnsubscribeConfirmation':
          return [notAnAlert('the end of a subscription')];
        case 'Notification':
          return [itemIn(envelope.Message)];
      }
    },
  };
}

function confirmationOf({ SubscribeURL: address, TopicArn: topic }: SnsEnvelope): string {
  if (address && isConfirmationAddress(address, topic)) return address;
  const problem = "expected an address of Amazon SNS that confirms a subscription in the topic's region";
  throw new MalformedPayload([{ field: 'SubscribeURL', problem }]);
}

/** A topic may carry other news than alarms. */
function itemIn(message: string): Item {
  const content = message.trimStart().startsWith('{') ? parseJson(message, 'Message') : null;
  if (typeof content === 'object' && content !== null) {
    if ('AlarmName' in content) return itemOf(readBody(cloudwatchAlarm, content, ['Message']));
    if ('detail-type' in content && content['detail-type'] === ALARM_EVENT) {
      return itemOf(alarmOfEvent(readBody(eventBridgeAlarm, content, ['Message'])));
    }
  }
  return notAnAlert('a message that is no CloudWatch alarm');
}

const ALARM_EVENT = 'CloudWatch Alarm State Change';
