import type { CredentialsOnlyConfig } from '../../../config/sources/index.js';
import { readBody } from '../malformed.js';
import type { Source } from '../source.js';
import { itemOf } from './adapter.js';
import { opsgeniePayload } from './schema.js';

/** The outgoing webhook of Opsgenie and Jira Service Management. It signs nothing and can send headers. */
export function opsgenie({ auth }: CredentialsOnlyConfig): Source {
  return {
    name: 'opsgenie',
    title: 'Opsgenie, Jira Service Management',
    credentials: auth,
    read({ body }, { environmentLabels }) {
      return [itemOf(readBody(opsgeniePayload, body), environmentLabels)];
    },
  };
}
