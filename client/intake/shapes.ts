import { z } from 'zod';
import { secondsOf } from './moment.js';

/** What payloads are made of. Messages say what was expected; `readBody` adds what came. */
export const text = z.string({ error: 'expected text' });
export const someText = text.min(1, { error: 'expected text that is not empty' });
export const textMap = z.record(z.string(), text, { error: 'expected an object of text values' });

/** Text that may be left out, null or of another kind: then it says nothing. */
export const anyText = z
  .unknown()
  .optional()
  .transform((value) => {
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value.trim() !== '' ? value : undefined;
  });

/** A time in any of the ways that `secondsOf` reads; undefined for anything else. */
export const anyMoment = z.unknown().optional().transform(secondsOf);

/** An id that some senders write as a number. */
export const id = z.union([someText, z.number().transform(String)], { error: 'expected an id' });

/** A list of which only the texts are looked at; anything else is an empty one. */
export const anyTexts = z
  .unknown()
  .optional()
  .transform((value) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []));
