import { z } from 'zod';

/** A time of an API, RFC 3339, in unix seconds. */
export const isoSeconds = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text) / 1000);
