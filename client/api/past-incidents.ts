import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiAuth } from '../../config/receiver-auth.js';
import { SEVERITIES } from '../../model/choices.js';
import { incidentState } from '../../model/incident.js';
import { RecordAway, type RecordReader } from '../../model/past-incident.js';
import { RecordUnavailable } from '../errors.js';
import { demandToken } from '../intake/auth.js';
import { LIMITS } from '../intake/bounds.js';
import { readBody } from '../intake/malformed.js';
import { HttpError } from '../intake/problems.js';

const DAY = 24 * 3600;
const MOST_LISTED = 200;

const time = z
  .string()
  .transform((text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000))
  .refine((seconds) => seconds >= 0 && seconds < 1e11, {
    error: 'expected a time: 2026-11-24T10:42:00Z or seconds since 1970',
  });
const word = (what: string) =>
  z
    .string({ error: `expected ${what}` })
    .min(1, `expected ${what}`)
    .max(LIMITS.name, `expected ${what} of at most ${LIMITS.name} characters`)
    .optional();

const filters = {
  since: time.optional(),
  until: time.optional(),
  environment: word('an environment'),
  service: word('a service'),
};

/** A key that is not known is a mistake: a filter that is not read would answer too much in silence. */
const strict = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, { error: `expected no filters but ${Object.keys(shape).join(', ')}` });

const counted = strict(filters);
const listed = strict({
  ...filters,
  state: z.enum(incidentState.options, { error: `expected ${incidentState.options.join(', ')}` }).optional(),
  severity: z.enum(SEVERITIES, { error: `expected ${SEVERITIES.join(', ')}` }).optional(),
  words: word('words of a title or id'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_LISTED, { error: `expected 1 to ${MOST_LISTED}` })
    .default(50),
  after: z
    .string()
    .regex(/^[\w-]{1,400}$/, { error: 'expected `next` of the page before' })
    .optional(),
});

/**
 * `GET /v1/incidents`, the record of past incidents newest first in pages, and `GET /v1/statistics` (docs/api.md).
 * Without `since` the last 30 days are meant. Errors are problem documents: 400 for a filter that cannot be read, 404
 * when there is no record, 503 while its database cannot be asked.
 */
export function pastIncidentsApi(options: {
  auth: ApiAuth | null;
  /** Null when the configuration has none. */
  record: RecordReader | null;
  /** Unix seconds. @default the clock */
  now?: () => number;
}) {
  const { auth, record, now = () => Date.now() / 1000 } = options;

  function spanOf<Given extends { since?: number | undefined; until?: number | undefined }>(given: Given) {
    const until = given.until ?? now();
    return { ...given, until, since: given.since ?? until - 30 * DAY };
  }

  async function asked<T>(ask: (reader: RecordReader) => Promise<T>): Promise<T> {
    if (record === null) throw new HttpError(404, 'there is no record of past incidents: set record.enabled');
    try {
      return await ask(record);
    } catch (error) {
      if (error instanceof RecordAway) throw new RecordUnavailable(error.message);
      throw error;
    }
  }

  return (server: FastifyInstance): void => {
    if (auth === null) return;
    void server.register(async (api) => {
      await demandToken(api, auth);
      const route = { config: { isOpen: auth.type === 'none' } };
      api.get('/v1/incidents', route, ({ query }: FastifyRequest) =>
        asked((reader) => reader.list(spanOf(readBody(listed, query)))),
      );
      api.get('/v1/statistics', route, ({ query }: FastifyRequest) =>
        asked((reader) => reader.statistics(spanOf(readBody(counted, query)))),
      );
    });
  };
}
