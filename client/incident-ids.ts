import { AmbiguousId, BadInput, IncidentNotFound } from './errors.js';

const PREFIX = 'incident/';
const WHOLE_ID = /^incident\/[^/]+\/\d{8}-\d{4}-[0-9a-z]+$/;

/** Whether this can only be a whole incident id, so that nothing needs to be looked up. */
export function isWholeId(id: string): boolean {
  return WHOLE_ID.test(id);
}

/**
 * The id as it was given, for what cannot be undone: a part of an id might fit another incident tomorrow. The leading
 * `incident/` may be left out.
 *
 * @throws BadInput when it is only a part
 */
export function wholeId(given: string): string {
  const id = given.startsWith(PREFIX) ? given : PREFIX + given;
  if (isWholeId(id)) return id;
  throw new BadInput(`expected the whole id of the incident, got "${given}"; \`faultline list\` shows it`);
}

/**
 * The one incident that `given` is the beginning or the end of; the leading `incident/` may be left out.
 * `checkout`, `checkout/20261124`, `1042-9f3c2e` and `9f3c2e` all may name `incident/checkout/20261124-1042-9f3c2e`.
 *
 * @throws IncidentNotFound, AmbiguousId with the candidates in the message.
 */
export function pickId(given: string, ids: Iterable<string>): string {
  const matches = new Set<string>();
  for (const id of ids) {
    if (id === given || id === PREFIX + given) return id;
    if (id.startsWith(given) || id.startsWith(PREFIX + given) || id.endsWith(given)) matches.add(id);
  }
  const [first, ...others] = matches;
  if (first === undefined) {
    throw new IncidentNotFound(`There is no incident "${given}"; \`faultline list\` shows those there are`);
  }
  if (others.length > 0) {
    const shown = [first, ...others].slice(0, 5).join(', ');
    const more = matches.size > 5 ? ` and ${matches.size - 5} more` : '';
    throw new AmbiguousId(`"${given}" fits ${matches.size} incidents: ${shown}${more}; give more of the id`);
  }
  return first;
}
