import { z } from 'zod';
import { filePath, outgoingAuth, seconds, secret, serverUrl, tls } from './primitives.js';

const server = {
  /** Name in reports and gaps. */
  name: z.string().min(1),
  url: serverUrl,
  auth: outgoingAuth.default({ type: 'none' }),
  tls,
  headers: z.record(z.string(), secret).default({}),
  /** How long one query may take. */
  timeoutSeconds: seconds.default(20),
};

const logSource = z.discriminatedUnion('type', [
  /** Tenants are named by the headers AccountID and ProjectID. */
  z.strictObject({ type: z.literal('victorialogs'), ...server }),
  z.strictObject({
    type: z.literal('loki'),
    ...server,
    /** Sent as X-Scope-OrgID. */
    tenant: z.string().min(1).optional(),
  }),
  /** Elasticsearch or OpenSearch. */
  z.strictObject({
    type: z.literal('elasticsearch'),
    ...server,
    /** Indices, data streams or aliases, separated by commas. */
    index: z.string().min(1).default('logs-*'),
    /** The field of a line's time. */
    timeField: z.string().min(1).default('@timestamp'),
    /** The field that holds what a line says. */
    messageField: z.string().min(1).default('message'),
  }),
  /** Lines of JSON in a file. */
  z.strictObject({ type: z.literal('file'), name: z.string().min(1), file: filePath }),
]);
export type LogSourceConfig = z.infer<typeof logSource>;

/** Where lines of logs are read. */
export const logs = z.array(logSource).default([]);
