import http from 'node:http';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { loginOf } from '../../config/address-login.js';
import type { OutgoingAuth, TlsSettings } from '../../config/primitives.js';
import { redact } from '../../config/redact.js';
import type { Credentials } from './credentials.js';
import type { TokenRequest } from './oauth2.js';
import { basicLogin, openCredentials } from './open-credentials.js';
import { TlsConnections } from './tls.js';

export interface ConnectionSettings {
  url: string;
  auth: OutgoingAuth;
  tls?: TlsSettings | undefined;
  /** Further headers of every request; secrets, like all that is configured. */
  headers?: Record<string, string> | undefined;
}

/** One request below the address. */
export interface ConnectionRequest {
  method: 'GET' | 'POST' | 'OPTIONS';
  /** @default the address itself */
  path?: string;
  params?: URLSearchParams;
  /** Sent as a form. */
  form?: URLSearchParams;
  /** Sent as JSON. */
  json?: unknown;
}

/** How an answer is read. Where requests go and what they show is the connection's. */
export type ConnectionOptions = Pick<AxiosRequestConfig, 'responseType' | 'maxContentLength'> & {
  headers?: Record<string, string>;
  signal: AbortSignal;
};

/** Names of parameters in an address whose values are secrets. */
const SECRET_PARAMETER = /token|key|secret|passw|sig|auth/i;

const TOKEN_TIMEOUT_MS = 10_000;
const MAX_TOKEN_ANSWER_BYTES = 64 * 1024;
const FORM = 'application/x-www-form-urlencoded';

/**
 * How a configured address is asked: with its credentials, certificates and headers; the query of the address goes with
 * every request, and redirects are not followed, for all that would go with them. A request whose credentials are
 * refused is sent once more where others can be had. Connections are kept open until `close`.
 */
export class Connection {
  /** The address without login, query and the slash at its end: it may be shown. */
  readonly address: string;
  private readonly whole: string;
  private readonly query: URLSearchParams;
  private readonly plain = new http.Agent({ keepAlive: true });
  private readonly tls: TlsConnections;
  private readonly credentials: Credentials;
  private readonly headers: Record<string, string>;
  private readonly secrets: string[];

  /** @param setting where it is configured, for messages: `metrics` */
  constructor(settings: ConnectionSettings, setting: string, env?: NodeJS.ProcessEnv) {
    const { auth, headers = {}, tls = {} } = settings;
    const url = new URL(settings.url);
    const login = loginOf(url);
    this.query = new URLSearchParams(url.search);
    url.username = url.password = url.search = url.hash = '';
    this.whole = url.href;
    this.address = url.href.replace(/\/+$/, '');
    this.tls = new TlsConnections(tls, `${setting}.tls`);
    this.credentials = openCredentials(auth, { setting: `${setting}.auth`, post: this.postForToken, env });
    const fromAddress = login && auth.type === 'none' ? basicLogin(login.username, login.password) : null;
    this.headers = { ...headers, ...(fromAddress !== null && { Authorization: fromAddress }) };
    const hidden = [...this.query].filter(([name]) => SECRET_PARAMETER.test(name)).map(([, value]) => value);
    this.secrets = [...Object.values(headers), ...hidden, ...(login ? [login.password] : [])];
  }

  /**
   * Answers with any status.
   * @throws NoCredentials, and what axios throws
   */
  async send<T>(request: ConnectionRequest, options: ConnectionOptions): Promise<AxiosResponse<T>> {
    const response = await this.sendOnce<T>(request, options);
    if (response.status !== 401 || !this.credentials.renew()) return response;
    return this.sendOnce(request, options);
  }

  /** A text without the secrets of this connection. */
  clean(text: string): string {
    return redact(text, [...this.secrets, ...this.credentials.secrets()]);
  }

  close(): void {
    this.plain.destroy();
    this.tls.close();
  }

  private async sendOnce<T>(
    { method, path, params = new URLSearchParams(), form, json }: ConnectionRequest,
    options: ConnectionOptions,
  ): Promise<AxiosResponse<T>> {
    const query = new URLSearchParams([...this.query, ...params]);
    // Signatures know a space by %20 alone.
    const search = query.size === 0 ? '' : `?${query.toString().replaceAll('+', '%20')}`;
    const url = (path === undefined ? this.whole : this.address + path) + search;
    const body = form?.toString() ?? (json === undefined ? undefined : JSON.stringify(json));
    const proof = await this.credentials.headersFor({ method, url, body }, options.signal);
    return axios.request<T>({
      ...options,
      ...(await this.agents()),
      ...{ method, url, data: body, maxRedirects: 0, validateStatus: () => true },
      headers: {
        ...options.headers,
        ...(body !== undefined && { 'Content-Type': form ? FORM : 'application/json' }),
        ...this.headers,
        ...proof,
      },
    });
  }

  private async agents(): Promise<Pick<AxiosRequestConfig, 'httpAgent' | 'httpsAgent'>> {
    return { httpAgent: this.plain, httpsAgent: await this.tls.agentNow() };
  }

  /** The token endpoint of an estate is commonly of the same authority as its sources. */
  private readonly postForToken: TokenRequest = async (url, form, headers) =>
    requestToken(url, form, headers, await this.agents());
}

/** Asks a token endpoint. */
async function requestToken(
  url: string,
  form: string,
  headers: Record<string, string>,
  agents: Pick<AxiosRequestConfig, 'httpAgent' | 'httpsAgent'>,
): Promise<{ status: number; body: string }> {
  const limit = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
  try {
    const { status, data } = await axios.post<string>(url, form, {
      ...agents,
      headers: { ...headers, 'Content-Type': FORM, Accept: 'application/json' },
      responseType: 'text',
      transformResponse: (text: string) => text,
      maxContentLength: MAX_TOKEN_ANSWER_BYTES,
      maxRedirects: 0,
      validateStatus: () => true,
      signal: limit,
    });
    return { status, body: data };
  } catch (error) {
    if (limit.aborted) throw new Error(`no answer within ${TOKEN_TIMEOUT_MS / 1000} s`, { cause: error });
    throw error;
  }
}

/** The credentials of one who talks HTTP by itself, as sinks do: a token endpoint is asked as any server. */
export function plainCredentials(auth: OutgoingAuth, setting: string): Credentials {
  return openCredentials(auth, {
    setting,
    post: (url, form, headers) => requestToken(url, form, headers, {}),
  });
}
