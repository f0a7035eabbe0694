import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { S3Config } from '../../config/store.js';
import { awsKeysMissing, awsKeysOf } from '../connection/aws.js';
import { checkKey, checkSize, StoreError, type BlobInfo, type BlobStore } from './blob-store.js';

/** Repeats of a request that the server answers with 429 or 5xx; what fails then is left to the caller. */
const REPEATS = 3;

/** S3 lists at most so many keys at a time. */
const PAGE_KEYS = 1000;

/** A conditional write answers 409 while another one of the same key is under way. */
const CONFLICT_ATTEMPTS = 5;
const CONFLICT_PAUSE_MS = 200;

type Method = 'GET' | 'PUT' | 'HEAD' | 'DELETE';

/** The right that the credentials need for a request. */
const RIGHTS: Record<Method, string> = {
  GET: 's3:GetObject and s3:ListBucket',
  HEAD: 's3:GetObject and s3:ListBucket',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** Objects of an S3-compatible server. Needs a server that knows conditional writes (`If-None-Match: *`). */
export class S3Blobs implements BlobStore {
  readonly description: string;
  private readonly client: AwsClient;
  private readonly bucketUrl: string;

  /**
   * @param env where credentials are read that the configuration does not hold
   * @throws StoreError when there are none
   */
  constructor(
    private readonly config: S3Config,
    env: NodeJS.ProcessEnv = process.env,
    private readonly pageKeys = PAGE_KEYS,
  ) {
    const { endpoint, bucket, region, pathStyle } = config;
    const url = new URL(endpoint);
    if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`;
    const base = url.href.replace(/\/+$/, '');
    this.bucketUrl = pathStyle ? `${base}/${bucket}` : base;
    this.description = `bucket ${bucket} at ${new URL(endpoint).origin}`;
    this.client = new AwsClient({ ...credentialsOf(config, env), region, service: 's3', retries: REPEATS });
  }

  async put(key: string, bytes: Buffer, { ifAbsent = false } = {}): Promise<boolean> {
    checkSize(key, bytes.length);
    const headers: Record<string, string> = {
      'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'),
      'content-type': contentTypeOf(key),
      ...(ifAbsent && { 'if-none-match': '*' }),
    };
    for (let attempt = 1; ; attempt += 1) {
      const { status } = await this.request('PUT', key, { body: bytes, headers }, [412, 409]);
      if (status === 412) return false;
      if (status !== 409) return true;
      if (attempt === CONFLICT_ATTEMPTS) throw new StoreError(`${key}: other writes of this key do not end`);
      await new Promise((resolve) => setTimeout(resolve, CONFLICT_PAUSE_MS));
    }
  }

  async get(key: string): Promise<Buffer | null> {
    const { status, body } = await this.request('GET', key, {}, [404]);
    return status === 404 ? null : body;
  }

  async head(key: string): Promise<BlobInfo | null> {
    const { status, headers } = await this.request('HEAD', key, {}, [404]);
    if (status === 404) return null;
    return {
      key,
      bytes: Number(headers.get('content-length')),
      modifiedAt: Date.parse(headers.get('last-modified') ?? '') / 1000,
    };
  }

  async *list(prefix: string): AsyncGenerator<BlobInfo> {
    for await (const page of this.pages(prefix)) {
      for (const [, entry = ''] of page.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const key = decodeURIComponent(elementOf(entry, 'Key')).slice(this.config.prefix.length);
        const modifiedAt = Date.parse(elementOf(entry, 'LastModified')) / 1000;
        yield { key, bytes: Number(elementOf(entry, 'Size')), modifiedAt };
      }
    }
  }

  async *folders(folder: string): AsyncGenerator<string> {
    for await (const page of this.pages(folder, '/')) {
      for (const [, entry = ''] of page.matchAll(/<CommonPrefixes>(.*?)<\/CommonPrefixes>/gs)) {
        const key = decodeURIComponent(elementOf(entry, 'Prefix')).slice(this.config.prefix.length);
        yield key.slice(folder.length, -1);
      }
    }
  }

  async delete(key: string): Promise<void> {
    await this.request('DELETE', key, {}, [404]);
  }

  locationOf(key: string): string {
    return `s3://${this.config.bucket}/${this.config.prefix}${key}`;
  }

  private async *pages(prefix: string, delimiter?: string): AsyncGenerator<string> {
    let token: string | null = null;
    do {
      const query = new URLSearchParams({
        'list-type': '2',
        // Keys come percent-encoded, so that no character of theirs can be taken for XML.
        'encoding-type': 'url',
        'max-keys': String(this.pageKeys),
        prefix: `${this.config.prefix}${prefix}`,
        ...(delimiter !== undefined && { delimiter }),
        ...(token !== null && { 'continuation-token': token }),
      });
      const { body } = await this.request('GET', null, { query });
      const page = body.toString('utf8');
      if (!page.includes('<ListBucketResult')) {
        throw new StoreError(`store.s3.endpoint: expected an S3 server at ${this.config.endpoint}`);
      }
      yield page;
      token = elementOf(page, 'IsTruncated') === 'true' ? elementOf(page, 'NextContinuationToken') : null;
    } while (token);
  }

  /** One request; `key` null asks the bucket itself. Answers with a 2xx or one of `expected`. */
  private async request(
    method: Method,
    key: string | null,
    { query, body, headers }: { query?: URLSearchParams; body?: Buffer; headers?: Record<string, string> },
    expected: readonly number[] = [],
  ): Promise<{ status: number; headers: Headers; body: Buffer }> {
    if (key !== null) checkKey(key);
    const path = key === null ? `?${String(query)}` : `/${this.config.prefix}${key}`;
    try {
      const answer = await this.client.fetch(`${this.bucketUrl}${path}`, {
        method,
        // A copy: the bytes of a small buffer lie in a pool that others share.
        ...(body && { body: new Uint8Array(body) }),
        ...(headers && { headers }),
        redirect: 'manual',
        signal: AbortSignal.timeout(this.config.timeoutSeconds * 1000),
      });
      checkSize(key ?? 'list', Number(answer.headers.get('content-length') ?? 0));
      const bytes = Buffer.from(await answer.arrayBuffer());
      const { status } = answer;
      const code = elementOf(bytes.toString('utf8', 0, 4096), 'Code');
      if (answer.ok || (expected.includes(status) && code !== 'NoSuchBucket')) {
        return { status, headers: answer.headers, body: bytes };
      }
      throw new StoreError(this.refusal(method, key, status, code));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(this.silence(error), { cause: error });
    }
  }

  private refusal(method: Method, key: string | null, status: number, code: string): string {
    const { endpoint, bucket, region } = this.config;
    const answer = `${new URL(endpoint).origin} answers ${status}${code && ` ${code}`}`;
    switch (code) {
      case 'NoSuchBucket':
        return `store.s3.bucket: there is no bucket '${bucket}' (${answer}); create it, or correct the name`;
      case 'InvalidAccessKeyId':
      case 'SignatureDoesNotMatch':
      case 'InvalidToken':
      case 'ExpiredToken':
        return `store.s3.secretAccessKey: the server does not accept the credentials (${answer}); correct them`;
      case 'AuthorizationHeaderMalformed':
      case 'PermanentRedirect':
      case 'IncorrectEndpoint':
        return `store.s3.region: the bucket is not in ${region} at this endpoint (${answer}); correct both`;
      case 'RequestTimeTooSkewed':
        return `the clock of this machine differs from that of the store (${answer}); set it`;
      default:
    }
    if (status >= 300 && status < 400) {
      return `store.s3.endpoint: the server redirects (${answer}); name its own address and region`;
    }
    if (status === 401 || status === 403) {
      return `store.s3: ${answer} to ${method} ${key ?? 'list'}; give the credentials the right ${RIGHTS[method]}`;
    }
    return `store.s3: ${answer} to ${method} ${key ?? 'list'}`;
  }

  private silence(error: unknown): string {
    const { endpoint, timeoutSeconds } = this.config;
    const origin = new URL(endpoint).origin;
    if (error instanceof Error && error.name === 'TimeoutError') {
      return `store.s3: ${origin} did not answer in ${timeoutSeconds} s (store.s3.timeoutSeconds)`;
    }
    const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    return `store.s3.endpoint: ${origin} cannot be reached (${code}); check the address and the network`;
  }
}

function credentialsOf(config: S3Config, env: NodeJS.ProcessEnv) {
  const keys = awsKeysOf(config, env);
  if (!keys) throw new StoreError(awsKeysMissing('store.s3'));
  return keys;
}

/** For whoever serves the bucket's `incidents` to browsers. */
function contentTypeOf(key: string): string {
  if (key.endsWith('.html')) return 'text/html; charset=utf-8';
  if (key.endsWith('.md')) return 'text/markdown; charset=utf-8';
  return key.endsWith('.json') ? 'application/json' : 'application/octet-stream';
}

/** The text of the first element of this name; empty when there is none. */
function elementOf(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}
