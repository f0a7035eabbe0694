/** A number with its unit, for a sentence: `42 %`, `1.5 s`, `210 ms`, `3.2 GiB`, `2.4 times`, `0.3 req/s`. */
export function quantity(value: number, unit: string): string {
  switch (unit) {
    case '1':
      return `${digits(value * 100)} %`;
    case 's':
      return Math.abs(value) >= 1 || value === 0 ? `${digits(value)} s` : `${digits(value * 1000)} ms`;
    case 'bytes':
    case 'bytes/s':
      return bytes(value, unit.slice('bytes'.length));
    default:
      return `${digits(value)} ${unit}`;
  }
}

const PREFIXES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function bytes(value: number, per: string): string {
  let prefix = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 1024 && prefix < PREFIXES.length - 1) {
    scaled /= 1024;
    prefix++;
  }
  return `${digits(scaled)} ${PREFIXES[prefix]}${per}`;
}

/** Three significant digits, and no more than a whole number has. */
function digits(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
