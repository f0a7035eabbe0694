import type { IncomingHttpHeaders } from 'node:http';
import { demandFresh, isSignedBy, NotAuthentic } from '../intake/authenticity.js';
import { headerOf } from '../intake/source.js';
import type { SlackApp } from './app.js';

/** A request that is older than this, or from a clock as far ahead, is a replay. */
export const SIGNATURE_WINDOW_SECONDS = 300;

/** A request as it arrived, its body byte by byte. */
export interface SignedRequest {
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * The app that signed a request, and the signature in hex. Slack sends `v0=` and the hex HMAC-SHA256 of
 * `v0:<timestamp>:<body>` under a signing secret of the app.
 *
 * @throws NotAuthentic when none did, or not within the last five minutes
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function signerOf(
  { headers, body }: SignedRequest,
  apps: readonly SlackApp[],
  now: number,
): { app: SlackApp; signature: string } {
  const timestamp = headerOf(headers, 'x-slack-request-timestamp') ?? '';
  demandFresh(/^\d{1,12}$/.test(timestamp) ? Number(timestamp) : undefined, now, SIGNATURE_WINDOW_SECONDS);
  const signature = headerOf(headers, 'x-slack-signature') ?? '';
  const hex = /^v0=(\w+)$/.exec(signature)?.[1] ?? '';
  const app = apps.find(({ signingSecrets }) =>
    isSignedBy(signingSecrets, [`v0:${timestamp}:`, body], [hex]),
  );
  if (!app) throw new NotAuthentic('the signature is not that of a Slack app that is configured');
  return { app, signature: hex.toLowerCase() };
}
