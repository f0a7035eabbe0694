import { z } from 'zod';
import { filePath, outgoingAuth, seconds, serverUrl, tls } from './primitives.js';

const changeSource = z.discriminatedUnion('type', [
  /** A JSON array of changes (model/change.ts) in a file. */
  z.strictObject({ type: z.literal('file'), name: z.string().min(1), file: filePath }),
  /** An address that answers GET with a JSON array of changes; `from` and `to` (unix seconds) are added to the query. */
  z.strictObject({
    type: z.literal('http'),
    name: z.string().min(1),
    url: serverUrl,
    auth: outgoingAuth.default({ type: 'none' }),
    tls,
    timeoutSeconds: seconds.default(10),
  }),
]);
export type ChangeSourceConfig = z.infer<typeof changeSource>;

/** Where deploys and other changes are read. */
export const changes = z.array(changeSource).default([]);
