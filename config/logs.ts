import { z } from 'zod';
import { filePath } from './primitives.js';

const logSource = z.discriminatedUnion('type', [
  /** Lines of JSON in a file. */
  z.strictObject({ type: z.literal('file'), name: z.string().min(1), file: filePath }),
]);
export type LogSourceConfig = z.infer<typeof logSource>;

/** Where lines of logs are read. */
export const logs = z.array(logSource).default([]);
