const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago a moment was, in its largest unit: `3h ago`. Both in unix seconds. */
export function age(moment: number, now: number): string {
  const seconds = Math.max(0, Math.round(now - moment));
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1];
  const words = new Intl.RelativeTimeFormat('en', { style: 'narrow', numeric: 'always' });
  return words.format(-Math.floor(seconds / size), unit);
}
