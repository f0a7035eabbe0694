import type { CredentialsOnlyConfig } from '../../../config/sources/index.js';
import { readBody } from '../malformed.js';
import { notAnAlert } from '../reading.js';
import type { Source } from '../source.js';
import { signalOf } from './adapter.js';
import { googleCloudPayload } from './schema.js';

/** Google Cloud Monitoring's webhook channel. It signs nothing and sends basic credentials. */
export function googleCloud({ auth }: CredentialsOnlyConfig): Source {
  return {
    name: 'google-cloud',
    title: 'Google Cloud Monitoring',
    credentials: auth,
    read({ body }) {
      const { version, incident } = readBody(googleCloudPayload, body);
      return [version === 'test' ? notAnAlert('a test of the channel') : signalOf(incident)];
    },
  };
}
