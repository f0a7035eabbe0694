/** Numbers from here on are milliseconds: as seconds they lie beyond the year 5000. */
const MILLISECONDS_FROM = 1e11;

/** The moment that a field holds, in unix seconds: seconds, milliseconds or a date; null when it holds none. */
export function parseMoment(value: unknown): number | null {
  if (typeof value === 'number') return value >= MILLISECONDS_FROM ? value / 1000 : value;
  if (typeof value !== 'string') return null;
  const parsed = Date.parse(value) / 1000;
  return Number.isNaN(parsed) ? null : parsed;
}
