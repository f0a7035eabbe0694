import { z } from 'zod';
import { filePath, secret } from './primitives.js';

const POSTGRES_URL = /^postgres(ql)?:\/\/[^/]+\/[^/]+/;

/** A PostgreSQL server that all workers share. */
const postgres = z.strictObject({
  url: secret.refine((address) => POSTGRES_URL.test(address), {
    message: 'expected postgresql://user:password@host:5432/database',
  }),
  /** Connections that one process has open at most. */
  maxConnections: z.number().int().min(1).max(100).default(5),
});

/** The database of past incidents: what `faultline stats` counts. It can be made again from the store. */
export const record = z
  .strictObject({
    enabled: z.boolean().default(true),
    /**
     * Folder of the embedded database when `postgres` is not set; relative to the configuration file. The worker that
     * opens it first serves the other processes of its machine.
     */
    directory: filePath.default('.faultline/record'),
    postgres: postgres.optional(),
    /** Incidents that ended longer ago are forgotten; 0 keeps all. Two years show whether a season repeats. */
    retentionDays: z.number().nonnegative().default(730),
  })
  .prefault({});
export type RecordConfig = z.infer<typeof record>;
