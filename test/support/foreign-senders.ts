import { createHmac, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { signedText } from '../../client/intake/sns/verify.js';
import type { SnsEnvelope } from '../../client/intake/sns/schema.js';

/*
 * The other side of each source: how real senders sign what they post.
 */

export function hmac(secret: string, ...parts: string[]): string {
  const digest = createHmac('sha256', secret);
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
}

export function grafanaHeaders(body: string, secret: string, time: number): Record<string, string> {
  return {
    'x-grafana-alerting-signature': hmac(secret, `${time}:`, body),
    'x-grafana-alerting-timestamp': String(time),
  };
}

/** PagerDuty signs with every secret that it knows. */
export function pagerdutyHeaders(body: string, ...secrets: string[]): Record<string, string> {
  return { 'x-pagerduty-signature': secrets.map((secret) => `v1=${hmac(secret, body)}`).join(',') };
}

export function sentryHeaders(body: string, secret: string, time: number): Record<string, string> {
  return {
    'sentry-hook-resource': 'event_alert',
    'sentry-hook-timestamp': String(time),
    'sentry-hook-signature': hmac(secret, body),
  };
}

const SNS = new URL('../fixtures/sns/', import.meta.url);
const KEY = readFileSync(new URL('key.pem', SNS), 'utf8');

const certificate = (name: string): string => readFileSync(new URL(`${name}.pem`, SNS), 'utf8');

export const SNS_CERTIFICATE = certificate('certificate');
/** Of the same key, but of another name, or for last year alone. */
export const FOREIGN_CERTIFICATE = certificate('foreign');
export const EXPIRED_CERTIFICATE = certificate('expired');
export const SNS_TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';
export const SNS_HEADERS = { 'content-type': 'text/plain; charset=UTF-8' };

/** An envelope as SNS signs it; `changes` are made before, so that the signature holds. */
export function snsEnvelope(message: string, time: number, changes: Partial<SnsEnvelope> = {}): SnsEnvelope {
  const envelope: SnsEnvelope = {
    Type: 'Notification',
    MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
    TopicArn: SNS_TOPIC,
    Subject: 'ALARM: "checkout-5xx" in EU (Ireland)',
    Message: message,
    Timestamp: new Date(time * 1000).toISOString(),
    SignatureVersion: '2',
    Signature: 'unsigned',
    SigningCertURL:
      'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem',
    ...changes,
  };
  const algorithm = envelope.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
  const signature = sign(algorithm, Buffer.from(signedText(envelope)), KEY).toString('base64');
  return { ...envelope, Signature: changes.Signature ?? signature };
}
