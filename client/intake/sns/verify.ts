import { verify, X509Certificate } from 'node:crypto';
import { NotAuthentic, VerificationUnavailable } from '../authenticity.js';
import { isCertificateAddress, type Amazon } from './amazon.js';
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

/** Certificates change about once a year; two regions have two. */
const MAX_CERTIFICATES = 20;
/** Requests to Amazon that posts may have under way at a time: anybody can post made-up addresses. */
const MAX_FETCHES = 4;
/** An address that gave no certificate is not asked again for so long; so many such addresses are remembered. */
const FAILURE_MS = 60_000;
const MAX_FAILURES = 1_000;

/** Names that Amazon issues the certificates for; a region may have its own. */
const SUBJECT = /^CN=sns(-signing\.[a-z0-9-]+|-[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/m;
const PEM_BEGIN = '-----BEGIN CERTIFICATE-----';

/**
 * Verifies envelopes as Amazon documents it: the certificate comes from SNS itself and is kept, the signature is over
 * names and values of the signed keys that are there.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
export class SnsVerifier {
  private readonly certificates = new Map<string, X509Certificate>();
  private readonly fetches = new Map<string, Promise<X509Certificate>>();
  /** By address, until when it is not asked again: milliseconds of the monotonic clock. */
  private readonly failures = new Map<string, { until: number; error: unknown }>();

  constructor(
    private readonly amazon: Amazon,
    /** Versions of signatures that are believed: `2` is SHA-256, `1` SHA-1. */
    private readonly versions: readonly SnsEnvelope['SignatureVersion'][],
  ) {}

  /**
   * @param now unix seconds
   * @throws NotAuthentic
   * @throws VerificationUnavailable when the certificate cannot be fetched now
   */
  async demandSignature(envelope: SnsEnvelope, now: number): Promise<void> {
    const { SigningCertURL: url, SignatureVersion: version, Signature: signature, TopicArn } = envelope;
    if (!this.versions.includes(version)) {
      throw new NotAuthentic(
        `SignatureVersion: version ${version} is not accepted; set the topic's attribute SignatureVersion to 2, or add it to webhook.sources.sns.signatureVersions`,
      );
    }
    if (!isCertificateAddress(url, TopicArn)) {
      throw new NotAuthentic("SigningCertURL: expected the address of a certificate in the topic's region");
    }
    const certificate = this.certificates.get(url) ?? (await this.fetched(url));
    if (now * 1000 < Date.parse(certificate.validFrom) || now * 1000 > Date.parse(certificate.validTo)) {
      throw new NotAuthentic('SigningCertURL: the certificate is not valid at this time');
    }
    const isGenuine = verify(
      version === '2' ? 'RSA-SHA256' : 'RSA-SHA1',
      Buffer.from(signedText(envelope)),
      certificate.publicKey,
      Buffer.from(signature, 'base64'),
    );
    if (!isGenuine) throw new NotAuthentic('the signature is not of Amazon SNS');
  }

  /** One request for all posts that need the same certificate. */
  private fetched(url: string): Promise<X509Certificate> {
    const failure = this.failures.get(url);
    if (failure && performance.now() < failure.until) throw failure.error;
    const running = this.fetches.get(url);
    if (running) return running;
    if (this.fetches.size >= MAX_FETCHES) {
      throw new VerificationUnavailable('other certificates are being fetched; the post may be sent again');
    }
    const fetch = this.fetchCertificate(url).finally(() => this.fetches.delete(url));
    this.fetches.set(url, fetch);
    return fetch;
  }

  private async fetchCertificate(url: string): Promise<X509Certificate> {
    try {
      const certificate = certificateIn(await this.amazon.get(url));
      keep(this.certificates, url, certificate, MAX_CERTIFICATES);
      this.failures.delete(url);
      return certificate;
    } catch (error) {
      keep(this.failures, url, { until: performance.now() + FAILURE_MS, error }, MAX_FAILURES);
      throw error;
    }
  }
}

/** Adds to a map that holds at most `most`; the oldest goes. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
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

/** The answer must begin with the certificate: what stands before it would be skipped, and might be anybody's text. */
function certificateIn(pem: string): X509Certificate {
  if (pem.startsWith(PEM_BEGIN)) {
    try {
      const certificate = new X509Certificate(pem);
      if (certificate.publicKey.asymmetricKeyType === 'rsa' && SUBJECT.test(certificate.subject)) {
        return certificate;
      }
    } catch {
      // Falls through: whatever it is, it is no certificate that could have signed.
    }
  }
  throw new NotAuthentic('SigningCertURL: the answer is no RSA certificate of sns.amazonaws.com');
}
