import { withCutTexts, type Change } from '../model/change.js';
import { maskSecrets, withoutSecrets } from './mask.js';

/** Characters of a text in which secrets are looked for: of longer ones less than this is kept in any case. */
const MAX_MASKED = 16_000;
/** What a text was cut within may be half a secret, which is not known as one. */
const LONGEST_SECRET = 1_000;

/** The first `most` characters of a text without its secrets, none of which is cut in half. */
export function maskedStart(text: string, most: number): string {
  if (text.length <= MAX_MASKED) return maskSecrets(text).slice(0, most);
  return maskSecrets(text.slice(0, MAX_MASKED)).slice(0, -LONGEST_SECRET).slice(0, most);
}

/** The change as it may be kept: without secrets, then cut. */
export function safeChange<One extends Change>(one: One): One {
  return withCutTexts(withoutSecrets({ ...one, details: maskedStart(one.details, MAX_MASKED) }));
}
