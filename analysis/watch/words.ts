/** A measured value for a sentence: three digits, with its unit. */
export function withUnit(value: number, unit: string): string {
  if (unit === '1') return `${digits(value * 100)} %`;
  if (unit === 's' && Math.abs(value) < 1) return `${digits(value * 1000)} ms`;
  return unit === '' ? digits(value) : `${digits(value)} ${unit}`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
