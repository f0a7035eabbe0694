import { z } from 'zod';
import { filePath, queriedServer } from './primitives.js';

const logSource = z.discriminatedUnion('type', [
  /** Tenants are named by the headers AccountID and ProjectID. */
  z.strictObject({ type: z.literal('victorialogs'), ...queriedServer }),
  z.strictObject({
    type: z.literal('loki'),
    ...queriedServer,
    /** Sent as X-Scope-OrgID. */
    tenant: z.string().min(1).optional(),
  }),
  /** Elasticsearch or OpenSearch. */
  z.strictObject({
    type: z.literal('elasticsearch'),
    ...queriedServer,
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
