/** Times and durations as people read them. Pure text: the same on every machine and in every zone. */

/** The last second that a JavaScript date can tell. */
const LAST_SECOND = 8.64e12;

function iso(time: number): string | null {
  return Number.isFinite(time) && Math.abs(time) <= LAST_SECOND ? new Date(time * 1000).toISOString() : null;
}

/** Time of day in UTC: `10:42:05`. */
export function clock(time: number): string {
  return iso(Math.round(time))?.slice(11, 19) ?? 'unknown time';
}

/** Time of day in UTC to the minute: `10:42`. */
export function clockMinute(time: number): string {
  return iso(time)?.slice(11, 16) ?? 'unknown time';
}

/** `2026-11-24`. */
export function day(time: number): string {
  return iso(time)?.slice(0, 10) ?? 'unknown day';
}

/** `2026-11-24 10:42:05 UTC`. */
export function moment(time: number): string {
  return `${day(Math.round(time))} ${clock(time)} UTC`;
}

/** From when to when, the day said once: `2026-11-24 09:42:50 to 10:43:50 UTC`. */
export function span(start: number, end: number): string {
  const until = day(start) === day(end) ? clock(end) : `${day(end)} ${clock(end)}`;
  return `${day(start)} ${clock(start)} to ${until} UTC`;
}

/** Distance from the first symptom, short: `T+0`, `T-45s`, `T-4m`, `T+1m30s`, `T+2h05m`. */
export function offset(time: number, zero: number): string {
  const distance = Math.round(time - zero);
  const size = Math.abs(distance);
  if (size === 0) return 'T+0';
  return `T${distance < 0 ? '-' : '+'}${shortDuration(size)}`;
}

function shortDuration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const rest = seconds % 60;
  if (seconds < 600 && rest > 0) return `${Math.floor(seconds / 60)}m${String(rest).padStart(2, '0')}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h${String(minutes % 60).padStart(2, '0')}m` : `${Math.round(hours / 24)}d`;
}

/** `45 s`, `4 min 5 s`, `42 min`, `2 h 5 min`, `3 d 4 h`; seconds are dropped from ten minutes on. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 600) return two(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  if (large === 0) return `${small} ${smallUnit}`;
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
