import type { CredentialsOnlyConfig } from '../../../config/sources/index.js';
import { readBody } from '../malformed.js';
import type { Source } from '../source.js';
import { itemOf } from './adapter.js';
import { datadogPayload, isFromTemplate } from './schema.js';

/** Datadog's Webhooks integration with the payload of docs/sources/datadog.md. It signs nothing and can send headers. */
export function datadog({ auth }: CredentialsOnlyConfig): Source {
  return {
    name: 'datadog',
    title: 'Datadog',
    credentials: auth,
    read({ body }) {
      readBody(isFromTemplate, body);
      return [itemOf(readBody(datadogPayload, body))];
    },
  };
}
