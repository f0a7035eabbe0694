import { z } from 'zod';
import { filePath } from './primitives.js';

const traceSource = z.discriminatedUnion('type', [
  /** OTLP JSON in a file, one export request a line. */
  z.strictObject({ type: z.literal('otlp-file'), name: z.string().min(1), file: filePath }),
]);
export type TraceSourceConfig = z.infer<typeof traceSource>;

/** Where traces are read. */
export const traces = z.array(traceSource).default([]);
