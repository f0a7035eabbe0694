import type { OutgoingAuth } from '../../config/primitives.js';
import { AwsSignature } from './aws.js';
import { TokenFile, type Credentials } from './credentials.js';
import { OAuth2Token, type TokenRequest } from './oauth2.js';

export interface CredentialsOptions {
  /** Where they are configured, for messages: `metrics.auth`. */
  setting: string;
  /** How a token endpoint is asked. */
  post: TokenRequest;
  /** Where AWS credentials are read that the configuration does not hold. @default process.env */
  env?: NodeJS.ProcessEnv | undefined;
}

/** The credentials that a configuration means. Nothing is read or asked before the first request. */
export function openCredentials(auth: OutgoingAuth, options: CredentialsOptions): Credentials {
  switch (auth.type) {
    case 'none':
      return fixed({}, []);
    case 'basic':
      return fixed({ Authorization: basicLogin(auth.username, auth.password) }, [auth.password]);
    case 'bearer':
      return auth.tokenFile === undefined
        ? fixed({ Authorization: `Bearer ${auth.token}` }, [auth.token ?? ''])
        : new TokenFile(auth.tokenFile, `${options.setting}.tokenFile`);
    case 'oauth2':
      return new OAuth2Token(auth, options.setting, options.post);
    case 'sigv4':
      return new AwsSignature(auth, options.setting, options.env);
  }
}

/** RFC 7617, with UTF-8: a password may hold any character. */
export function basicLogin(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

function fixed(headers: Record<string, string>, secrets: string[]): Credentials {
  return { headersFor: () => Promise.resolve(headers), renew: () => false, secrets: () => secrets };
}
