import axios, { AxiosError } from 'axios';
import type { OutgoingAuth } from '../../config/primitives.js';
import { failed, ok, reasonOf, warning, type Told } from './finding.js';

const TIMEOUT_MS = 5000;
const NO_ANSWER = `no answer within ${TIMEOUT_MS / 1000} s`;

export interface Target {
  url: string;
  auth: OutgoingAuth;
  headers?: Record<string, string>;
  /** The setting that holds the address, for the remedy: `sinks[0].url`. */
  setting: string;
  /** `GET` where there is something to read that shows whether the credentials are right. @default 'OPTIONS' */
  method?: 'OPTIONS' | 'GET';
  /** What to check when what is read is not there. */
  ifAbsent?: string;
}

/**
 * Finds out what can be known of an address without making it do anything: a request which by HTTP's definition
 * changes nothing. Any answer of the application proves name, network and TLS; only a refusal of who
 * asks, a redirect and a server error say more.
 */
export async function reach(target: Target): Promise<Told> {
  const { url, auth, headers = {}, setting, method = 'OPTIONS', ifAbsent } = target;
  try {
    const { status, headers: answered } = await axios.request({
      method,
      url,
      headers: { ...headers, ...(auth.type === 'bearer' && { Authorization: `Bearer ${auth.token}` }) },
      ...(auth.type === 'basic' && { auth: { username: auth.username, password: auth.password } }),
      timeout: TIMEOUT_MS,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      maxRedirects: 0,
      responseType: 'stream',
      validateStatus: () => true,
    });
    const seen = `${originOf(url)} answers (${status} to ${method}; nothing was sent)`;
    if (status === 401 || status === 403) return warning(seen, `check the credentials beside ${setting}`);
    if (status === 404 && ifAbsent !== undefined) return warning(seen, ifAbsent);
    if (status >= 300 && status < 400) {
      return warning(seen, `it redirects to ${String(answered['location'])}: write that into ${setting}`);
    }
    // 501 only says that it does not do OPTIONS.
    if (status >= 500 && status !== 501) return warning(seen, 'it is failing: see its own log');
    return ok(seen);
  } catch (error) {
    return failed(`${originOf(url)}: ${transportReason(error)}`, `check ${setting} and the network to it`);
  }
}

/** Without path and query, which may be a secret of their own. */
function originOf(url: string): string {
  return new URL(url).origin;
}

const TRANSPORT_WORDS: Record<string, string> = {
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'its host name cannot be looked up',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closes the connection',
  ECONNABORTED: NO_ANSWER,
  ERR_CANCELED: NO_ANSWER,
  ETIMEDOUT: NO_ANSWER,
};

function transportReason(error: unknown): string {
  if (!(error instanceof AxiosError)) return reasonOf(error);
  return TRANSPORT_WORDS[error.code ?? ''] ?? error.message;
}
