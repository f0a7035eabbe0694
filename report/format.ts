/** Times, durations and quantities as people read them. Pure text: the same on every machine and in every zone. */

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

/** A value of our base units in the size that people say: `1.2 s`, `20 ms`, `14 %`, `512 MiB`, `31 req/s`. */
export function quantity(value: number, unit: string): string {
  if (!Number.isFinite(value)) return 'no data';
  if (unit === 's') return secondsText(value);
  if (unit === '1' || unit === 'ratio') return percent(value);
  if (unit === 'bytes' || unit === 'bytes/s') return scaled(value, unit.replace('bytes', 'B'), 1024, BINARY);
  const text = scaled(value, '', 1000, DECIMAL);
  return unit === '' ? text : `${text} ${unit}`;
}

/** A share of one in percent. Close to the whole, where nines matter, with one more digit: `99.95 %`. */
export function percent(share: number): string {
  const nines = share > 0.99 && share < 1;
  return `${digits(share * 100, nines ? 4 : 3)} %`;
}

/** A probability in whole percent, never rounded to certainty: `78 %`, `99 %`, `below 1 %`. */
export function confidence(probability: number): string {
  const whole = Math.round(probability * 100);
  if (probability > 0 && whole === 0) return 'below 1 %';
  return probability < 1 && whole === 100 ? '99 %' : `${whole} %`;
}

/** `20 ms -> 1.2 s`. */
export function beforeAfter(before: number, after: number, unit: string): string {
  return `${quantity(before, unit)} -> ${quantity(after, unit)}`;
}

/** How much larger or smaller: `x60`, `x0.2`, `+20 %`, `-35 %`; empty when it cannot be said (from nothing). */
export function factor(before: number, after: number): string {
  if (!Number.isFinite(before) || !Number.isFinite(after) || before <= 0 || after < 0) return '';
  const ratio = after / before;
  if (ratio >= 2 || ratio <= 0.2) return `x${digits(ratio, 2)}`;
  const change = Math.round((ratio - 1) * 100);
  return `${change < 0 ? '' : '+'}${change} %`;
}

/** `1 service`, `3 services`; `services` is the plural when it is not made by an s. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listOf(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names.join('');
  if (names.length <= most) return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]!}`;
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
const DECIMAL = ['', 'k', 'M', 'G', 'T'];

function scaled(value: number, unit: string, base: number, prefixes: readonly string[]): string {
  let size = value;
  let step = 0;
  while (Math.abs(size) >= base && step < prefixes.length - 1) {
    size /= base;
    step += 1;
  }
  const suffix = `${prefixes[step]!}${unit}`;
  return suffix === '' ? digits(size, 3) : `${digits(size, 3)} ${suffix}`;
}

function secondsText(value: number): string {
  const size = Math.abs(value);
  if (size >= 120) return `${digits(value / 60, 3)} min`;
  if (size >= 1 || size === 0) return `${digits(value, 3)} s`;
  return size >= 1e-3 ? `${digits(value * 1e3, 3)} ms` : `${digits(value * 1e6, 3)} µs`;
}

function digits(value: number, significant: number): string {
  if (Math.abs(value) >= 10 ** significant) return String(Math.round(value));
  return String(Number(value.toPrecision(significant)));
}
