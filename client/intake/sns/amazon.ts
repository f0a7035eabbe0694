import axios from 'axios';
import { VerificationUnavailable } from '../authenticity.js';

/** The two things that are asked of Amazon. Addresses were checked by `isAmazons` before. */
export interface Amazon {
  /** The text at an address. @throws VerificationUnavailable */
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

/** Whether an address leads to SNS itself, by the pattern that Amazon documents, and nowhere else. */
export function isAmazons(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port, username, password } = new URL(address);
  const isPlain = port === '' && username === '' && password === '';
  return protocol === 'https:' && isPlain && /^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$/.test(hostname);
}
