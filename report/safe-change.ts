import { withCutTexts, type Change } from '../model/change.js';
import { withoutSecrets } from './mask.js';

/** Characters of details in which secrets are looked for: beyond them nothing is kept in any case. */
const MAX_MASKED = 16_000;

/** The change as it may be kept: without secrets, then cut, so that no secret is cut in half. */
export function safeChange<One extends Change>(one: One): One {
  return withCutTexts(withoutSecrets({ ...one, details: one.details.slice(0, MAX_MASKED) }));
}
