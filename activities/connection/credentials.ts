import { readFile, stat } from 'node:fs/promises';

/** A request as it goes out: some credentials sign it. */
export interface OutgoingRequest {
  method: string;
  /** With its whole query. */
  url: string;
  body?: string | undefined;
}

/** Proves to a server who asks. */
export interface Credentials {
  /**
   * Headers for one request.
   * @throws NoCredentials
   */
  headersFor(request: OutgoingRequest, signal?: AbortSignal): Promise<Record<string, string>>;
  /** After the server refused them with 401: whether others may be had, so that another try is worth it. */
  renew(): boolean;
  /** What no message may show. */
  secrets(): string[];
}

/**
 * There are no credentials to show: a file is not there, or a token endpoint refuses. The message names the setting.
 */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials';

  constructor(
    message: string,
    /** Whether a later try may find some. */
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

/** Tokens have a few kilobytes; servers refuse headers of more than 16. */
const MAX_TOKEN_BYTES = 16 * 1024;

/** What a header takes (RFC 6750, 2.1), and what else servers hand out. */
const TOKEN = /^[\x21-\x7e]+$/;

/** A token that is read for each request: who put it there replaces it before it expires, as Kubernetes does. */
export class TokenFile implements Credentials {
  private token = '';

  constructor(
    private readonly file: string,
    private readonly setting: string,
  ) {}

  async headersFor(): Promise<Record<string, string>> {
    let text: string;
    try {
      const { size } = await stat(this.file);
      if (size > MAX_TOKEN_BYTES)
        throw this.failure(`expected at most ${MAX_TOKEN_BYTES} bytes, got ${size}`);
      text = (await readFile(this.file, 'utf8')).trim();
    } catch (error) {
      if (error instanceof NoCredentials) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw this.failure(code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`);
    }
    if (text === '') throw this.failure('it is empty');
    if (!TOKEN.test(text)) throw this.failure('expected one token in one line');
    this.token = text;
    return { Authorization: `Bearer ${text}` };
  }

  renew(): boolean {
    return false;
  }

  secrets(): string[] {
    return [this.token];
  }

  private failure(reason: string): NoCredentials {
    return new NoCredentials(`${this.setting}: ${this.file}: ${reason}`, false);
  }
}
