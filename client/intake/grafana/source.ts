import type { GrafanaConfig } from '../../../config/sources/signed.js';
import { demandFresh, isSignedBy, NotAuthentic } from '../authenticity.js';
import { readBody } from '../malformed.js';
import { secondsOf } from '../moment.js';
import { headerOf, type RawPost, type Source } from '../source.js';
import { itemsOf } from './adapter.js';
import { grafanaPayload } from './schema.js';

/** Grafana Alerting's webhook contact point. */
export function grafana({ auth, signature }: GrafanaConfig): Source {
  return {
    name: 'grafana',
    title: 'Grafana Alerting',
    // A signature is proof enough; credentials beside it are asked for when they are configured.
    credentials: auth ?? (signature && { type: 'none' }),
    ...(signature && { authenticate: (post: RawPost) => demandSignature(post, signature) }),
    read: ({ body }) => itemsOf(readBody(grafanaPayload, body)),
  };
}

/** Grafana signs `<body>`, or `<time>:<body>` when its contact point names a header for the time. */
function demandSignature(
  { bytes, headers, receivedAt }: RawPost,
  settings: NonNullable<GrafanaConfig['signature']>,
): void {
  const { secrets, header, timestampHeader, toleranceSeconds } = settings;
  const given = headerOf(headers, header)?.trim() ?? '';
  const time = timestampHeader === '' ? null : (headerOf(headers, timestampHeader)?.trim() ?? '');
  if (!isSignedBy(secrets, time === null ? [bytes] : [time, ':', bytes], [given])) {
    throw new NotAuthentic(`no secret of webhook.sources.grafana fits the signature in ${header}`);
  }
  if (time !== null) demandFresh(secondsOf(time), receivedAt, toleranceSeconds);
}
