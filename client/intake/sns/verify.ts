import { verify, X509Certificate, type KeyObject } from 'node:crypto';
import { NotAuthentic } from '../authenticity.js';
import { isAmazons, type Amazon } from './amazon.js';
import type { SnsEnvelope } from './schema.js';

const NOTIFICATION_KEYS = [
  'Message',
  'MessageId',
  'Subject',
  'SubscribeURL',
  'Timestamp',
  'TopicArn',
  'Type',
];
const CONTROL_KEYS = [
  'Message',
  'MessageId',
  'Subject',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
];

/** Certificates change about once a year; somebody who makes up addresses shall not fill memory. */
const MAX_CERTIFICATES = 20;

/**
 * Verifies envelopes as Amazon documents it: the certificate comes from SNS itself and is kept, the signature is over
 * names and values of the signed keys that are there.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export class SnsVerifier {
  private readonly keys = new Map<string, KeyObject>();

  constructor(private readonly amazon: Amazon) {}

  /**
   * @throws NotAuthentic
   * @throws VerificationUnavailable when the certificate cannot be had
   */
  async demandSignature(envelope: SnsEnvelope): Promise<void> {
    const { SigningCertURL: url, SignatureVersion: version, Signature: signature } = envelope;
    if (!isAmazons(url) || !/^\/[\w-]+\.pem$/.test(new URL(url).pathname)) {
      throw new NotAuthentic('SigningCertURL: expected the address of a certificate of Amazon SNS');
    }
    const key = this.keys.get(url) ?? (await this.fetchKey(url));
    const algorithm = version === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
    const isGenuine = verify(
      algorithm,
      Buffer.from(signedText(envelope)),
      key,
      Buffer.from(signature, 'base64'),
    );
    if (!isGenuine) throw new NotAuthentic('the signature is not of Amazon SNS');
  }

  private async fetchKey(url: string): Promise<KeyObject> {
    const key = keyOf(await this.amazon.get(url));
    const [oldest] = this.keys.keys();
    if (this.keys.size >= MAX_CERTIFICATES && oldest !== undefined) this.keys.delete(oldest);
    this.keys.set(url, key);
    return key;
  }
}

/** `name\nvalue\n` of every signed key that is there, in the order that Amazon fixed. */
export function signedText(envelope: SnsEnvelope): string {
  const keys = envelope.Type === 'Notification' ? NOTIFICATION_KEYS : CONTROL_KEYS;
  const values = new Map<string, unknown>(Object.entries(envelope));
  return keys
    .flatMap((key) => {
      const value = values.get(key);
      return typeof value === 'string' ? [key, value] : [];
    })
    .map((line) => `${line}\n`)
    .join('');
}

function keyOf(pem: string): KeyObject {
  try {
    const { publicKey } = new X509Certificate(pem);
    if (publicKey.asymmetricKeyType === 'rsa') return publicKey;
  } catch {
    // Falls through: whatever it is, it is no certificate that could have signed.
  }
  throw new NotAuthentic('SigningCertURL holds no RSA certificate');
}
