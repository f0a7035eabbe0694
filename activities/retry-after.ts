/** Longest wait that a service may ask for: the incident goes on meanwhile. */
const LONGEST_WAIT_SECONDS = 600;

/** Seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3); null when it says nothing usable. */
export function retryAfterSeconds(header: string | undefined, nowMs: number): number | null {
  if (header === undefined || header.trim() === '') return null;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds : (Date.parse(header) - nowMs) / 1000;
  if (Number.isNaN(wait)) return null;
  return Math.min(Math.max(wait, 0), LONGEST_WAIT_SECONDS);
}
