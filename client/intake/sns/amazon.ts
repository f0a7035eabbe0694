import axios from 'axios';
import { VerificationUnavailable } from '../authenticity.js';

/** The two things that are asked of Amazon: a certificate, and the confirmation of a subscription. */
export interface Amazon {
  /** The text at an address, which was checked before. @throws VerificationUnavailable */
  get(url: string): Promise<string>;
}

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 64 * 1024;

/** Asks the real Amazon: within seconds, following no redirect, reading no more than a certificate is long. */
export const amazon: Amazon = {
  async get(url) {
    try {
      const { data } = await axios.get<string>(url, {
        timeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        maxRedirects: 0,
        maxContentLength: MAX_BYTES,
        responseType: 'text',
      });
      return data;
    } catch (error) {
      const { host } = new URL(url);
      throw new VerificationUnavailable(`${host} does not answer; the post may be sent again`, {
        cause: error,
      });
    }
  },
};

/**
 * The address that SNS signs with in the region of a topic, in the one form that Amazon uses. A query would make it a
 * call of the SNS API, whose answers may carry the caller's own text.
 */
export function isCertificateAddress(address: string, topicArn: string): boolean {
  const [, host, region] = CERTIFICATE.exec(address) ?? [];
  return host !== undefined && region === regionOf(topicArn) && isHostOf(host, topicArn);
}

const CERTIFICATE =
  /^https:\/\/(sns\.([a-z0-9-]{3,30})\.amazonaws\.com(?:\.cn)?)\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;

/** The address that confirms the subscription to a topic, at SNS in the topic's region, and does nothing else. */
export function isConfirmationAddress(address: string, topicArn: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host, username, password, pathname, searchParams } = new URL(address);
  const isPlain = protocol === 'https:' && username === '' && password === '' && pathname === '/';
  const actions = searchParams.getAll('Action');
  const isConfirmation = actions.length === 1 && actions[0] === 'ConfirmSubscription';
  return isPlain && isHostOf(host, topicArn) && isConfirmation && searchParams.get('TopicArn') === topicArn;
}

/** `sns.eu-west-1.amazonaws.com` for a topic in eu-west-1; China has a domain of its own. */
function isHostOf(host: string, topicArn: string): boolean {
  const suffix = topicArn.startsWith('arn:aws-cn:') ? '.cn' : '';
  return host === `sns.${regionOf(topicArn)}.amazonaws.com${suffix}`;
}

/** `eu-west-1` of `arn:aws:sns:eu-west-1:123456789012:alarms` */
function regionOf(topicArn: string): string {
  return topicArn.split(':')[3] ?? '';
}
