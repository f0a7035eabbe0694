import type { Readable } from 'node:stream';
import { AxiosError } from 'axios';
import { Connection, type ConnectionSettings } from '../../activities/connection/connection.js';
import { NoCredentials } from '../../activities/connection/credentials.js';
import { transportReason } from '../../activities/connection/transport.js';
import { failed, ok, reasonOf, warning, type Told } from './finding.js';

const TIMEOUT_MS = 5000;
const NO_ANSWER = `no answer within ${TIMEOUT_MS / 1000} s`;

export interface Target extends ConnectionSettings {
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
  const { url, setting, method = 'OPTIONS', ifAbsent } = target;
  const configured = setting.replace(/\.url$/, '');
  const connection = new Connection(target, configured);
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const { status, headers: answered } = await connection.send<Readable>(
      { method },
      { signal: deadline, responseType: 'stream' },
    );
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
    if (error instanceof NoCredentials) return failed(connection.clean(error.message), `check ${configured}`);
    const reason = error instanceof AxiosError ? transportReason(error, configured) : reasonOf(error);
    const seen = `${originOf(url)}: ${deadline.aborted ? NO_ANSWER : connection.clean(reason)}`;
    return failed(seen, `check ${setting} and the network to it`);
  } finally {
    connection.close();
  }
}

/** Without path and query, which may be a secret of their own. */
function originOf(url: string): string {
  return new URL(url).origin;
}
