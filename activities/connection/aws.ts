import { AwsV4Signer } from 'aws4fetch';
import type { SigV4Auth } from '../../config/primitives.js';
import { NoCredentials, type Credentials, type OutgoingRequest } from './credentials.js';

interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * The AWS keys of a configuration, else those of the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN. Null when there are none.
 */
export function awsKeysOf(
  own: {
    accessKeyId?: string | undefined;
    secretAccessKey?: string | undefined;
    sessionToken?: string | undefined;
  },
  env: NodeJS.ProcessEnv,
): AwsKeys | null {
  const isOwn = own.accessKeyId !== undefined;
  const accessKeyId = isOwn ? own.accessKeyId : env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = isOwn ? own.secretAccessKey : env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = isOwn ? own.sessionToken : env['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** What to set where `awsKeysOf` finds none. */
export function awsKeysMissing(setting: string): string {
  return (
    `${setting}.accessKeyId: expected credentials; set it and ${setting}.secretAccessKey, ` +
    'or the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  );
}

/** Signs each request for AWS (Signature Version 4), as Amazon Managed Service for Prometheus wants it. */
export class AwsSignature implements Credentials {
  constructor(
    private readonly auth: SigV4Auth,
    private readonly setting: string,
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  async headersFor({ method, url, body }: OutgoingRequest): Promise<Record<string, string>> {
    const keys = awsKeysOf(this.auth, this.env);
    if (!keys) throw new NoCredentials(awsKeysMissing(this.setting), false);
    const { region, service } = this.auth;
    const signer = new AwsV4Signer({
      ...keys,
      method,
      url,
      region,
      service,
      ...(body !== undefined && { body }),
    });
    const { headers } = await signer.sign();
    return Object.fromEntries(headers);
  }

  renew(): boolean {
    return false;
  }

  secrets(): string[] {
    const keys = awsKeysOf(this.auth, this.env);
    return keys ? [keys.secretAccessKey, ...(keys.sessionToken ? [keys.sessionToken] : [])] : [];
  }
}
