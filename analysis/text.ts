/** Numbers and durations as people read them. */

const SIZES: [number, string][] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** Three significant digits with a unit: `230 ms`, `4.2 %`, `1.5 Mbytes`. */
export function amount(value: number, unit: string): string {
  if (unit === 's') return seconds(value);
  if (unit === '1' && Math.abs(value) <= 1.5) return `${digits(value * 100)} %`;
  const size = SIZES.find(([least]) => Math.abs(value) >= least);
  const scaled = size ? `${digits(value / size[0])} ${size[1]}` : digits(value);
  if (unit === '' || unit === '1') return scaled.trim();
  return size ? `${scaled}${unit}` : `${scaled} ${unit}`;
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size >= 120) return `${digits(value / 60)} min`;
  if (size >= 1 || size === 0) return `${digits(value)} s`;
  return size >= 1e-3 ? `${digits(value * 1e3)} ms` : `${digits(value * 1e6)} µs`;
}

function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(3)));
}

/** A share of one: `42 %`. */
export function share(value: number): string {
  return `${Math.round(value * 100)} %`;
}

/** At most `most` names, of `count` in all: `a, b and 3 more`. */
export function list(names: string[], most = 3, count = names.length): string {
  if (count <= most) {
    return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
  }
  return `${names.slice(0, most).join(', ')} and ${count - most} more`;
}
