import { once } from 'node:events';
import { z } from 'zod';
import type { OAuth2Auth } from '../../config/primitives.js';
import { NoCredentials, type Credentials } from './credentials.js';

/** Posts a form, and answers status and body. Rejects when there is no answer. */
export type TokenRequest = (
  url: string,
  form: string,
  headers: Record<string, string>,
) => Promise<{ status: number; body: string }>;

/** RFC 6749, 5.1. The type of the token is compared without regard to case (7.1). */
const granted = z.object({
  access_token: z.string().min(1),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().optional(),
});

/** RFC 6749, 5.2. */
const refused = z.object({ error: z.string(), error_description: z.string().optional() });

/** A token is not used any more so long before it expires, or for the last tenth of its life when that is shorter. */
const MARGIN_SECONDS = 60;

/** Longest text of a refusal that is shown. */
const SHOWN_CHARACTERS = 200;

/**
 * A token by client credentials (RFC 6749, 4.4), asked for when it is first needed and again before it expires. One
 * that the server refuses is asked for once more.
 */
export class OAuth2Token implements Credentials {
  private token: { text: string; until: number } | null = null;
  private asking: Promise<string> | null = null;

  constructor(
    private readonly auth: OAuth2Auth,
    /** Where it is configured, for messages. */
    private readonly setting: string,
    private readonly post: TokenRequest,
  ) {}

  async headersFor(_request: unknown, signal?: AbortSignal): Promise<Record<string, string>> {
    if (this.token && Date.now() < this.token.until) return { Authorization: `Bearer ${this.token.text}` };
    // Several requests may wait for it: none of them ends it for the others.
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    const token = signal
      ? await Promise.race([
          this.asking,
          once(signal, 'abort').then(() => Promise.reject(signal.reason as Error)),
        ])
      : await this.asking;
    return { Authorization: `Bearer ${token}` };
  }

  renew(): boolean {
    const had = this.token !== null;
    this.token = null;
    return had;
  }

  secrets(): string[] {
    return [this.auth.clientSecret, ...(this.token ? [this.token.text] : [])];
  }

  private async ask(): Promise<string> {
    const { tokenUrl, clientId, clientSecret, scopes, parameters } = this.auth;
    const form = new URLSearchParams({
      ...parameters,
      grant_type: 'client_credentials',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    });
    // RFC 6749, 2.3.1: each part is form-encoded before they become a login.
    const login = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
    const headers = { Authorization: `Basic ${login}` };
    let answer;
    try {
      answer = await this.post(tokenUrl, form.toString(), headers);
    } catch (error) {
      throw this.failure(error instanceof Error ? error.message : String(error), true);
    }
    const { status, body } = answer;
    const token = granted.safeParse(jsonOf(body)).data;
    if (status === 200 && token) {
      const { access_token: text, expires_in: life = Infinity } = token;
      this.token = { text, until: Date.now() + 1000 * Math.max(life * 0.9, life - MARGIN_SECONDS) };
      return text;
    }
    const { error, error_description: why } = refused.safeParse(jsonOf(body)).data ?? {};
    if (status === 200)
      throw this.failure('expected access_token and token_type Bearer in its answer', false);
    const text = error === undefined ? '' : ` ${error}${why === undefined ? '' : `: ${why}`}`;
    const isPassing = status >= 500 || status === 429 || status === 408;
    throw this.failure(`it answers ${status}${text.slice(0, SHOWN_CHARACTERS)}`, isPassing);
  }

  private failure(reason: string, isPassing: boolean): NoCredentials {
    const { origin, pathname } = new URL(this.auth.tokenUrl);
    return new NoCredentials(`${this.setting}.tokenUrl: ${origin}${pathname}: ${reason}`, isPassing);
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length);
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
