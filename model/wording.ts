import type { CheckResult } from './check.js';
import type { FaultKind } from './diagnosis.js';

/*
 * Quantities, lists and types of fault as people read them: the analysis, the checks and every rendering use the same
 * words and the same units. Workflow code may import this file: it needs no library.
 */

/** A value of our base units in the size that people say: `1.2 s`, `20 ms`, `14 %`, `512 MiB`, `31 req/s`. */
export function quantity(value: number, unit: string): string {
  if (!Number.isFinite(value)) return 'no data';
  if (unit === 's') return secondsText(value);
  // Counts come with the unit `1` as well; as a percentage they would be read wrongly.
  if (unit === '1' && Math.abs(value) > MOST_SHARE) return digits(value, 3);
  if (unit === '1' || unit === 'ratio') return percent(value);
  if (unit === 'bytes' || unit === 'bytes/s') return scaled(value, unit.replace('bytes', 'B'), 1024, BINARY);
  const text = scaled(value, '', 1000, DECIMAL);
  return unit === '' ? text : `${text} ${unit}`;
}

/** The largest value with the unit `1` that is read as a share: use of a limit may exceed the whole a little. */
const MOST_SHARE = 1.5;

/** A share of one in percent. Close to the whole, where nines matter, with one more digit: `99.95 %`. */
export function percent(share: number): string {
  const nines = share > 0.99 && share < 1;
  return `${digits(share * 100, nines ? 4 : 3)} %`;
}

/** A share or probability in whole percent, never rounded to certainty: `78 %`, `99 %`, `below 1 %`. */
export function wholePercent(share: number): string {
  const whole = Math.round(share * 100);
  if (share > 0 && whole === 0) return 'below 1 %';
  return share < 1 && whole === 100 ? '99 %' : `${whole} %`;
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

/** `1 service`, `3 services`; `plural` is the noun's when it is not made by an s. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** `a`, `a and b`, `a, b and 3 more`; `all` is how many there are when `names` holds the first of them only. */
export function listOf(names: readonly string[], most = 3, all = names.length): string {
  if (all > most) return `${names.slice(0, most).join(', ')} and ${all - most} more`;
  return names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
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

/** What a type of fault is called: `Fault type: pool saturation 80 %`. */
export const FAULT_TYPE_WORDS: Record<FaultKind, string> = {
  cpu: 'CPU shortage',
  memory: 'memory shortage',
  disk: 'disk',
  network: 'network',
  'dependency-down': 'service down',
  'code-change': 'code change',
  configuration: 'configuration',
  'traffic-surge': 'traffic surge',
  'pool-saturation': 'pool saturation',
  'external-provider': 'external provider',
  host: 'host',
  'start-failure': 'start failure',
  scheduling: 'scheduling',
  probe: 'health probe',
  quota: 'quota or limit',
  routing: 'routing',
  certificate: 'certificate',
  lock: 'lock',
  unknown: 'unknown',
};

/**
 * What the checks of one service say together, as one sentence without its full stop, `suspected` being the fault types
 * that they were run for: `9 checks passed: CPU shortage, pool saturation; not checked: network`.
 * Failed ones come first, and what could not run is counted.
 */
export function checksSentence(
  checks: readonly Pick<CheckResult, 'check' | 'outcome' | 'speaksFor'>[],
  suspected: readonly FaultKind[],
): string {
  if (checks.length === 0) return 'No check covers this service';
  const by = (outcome: CheckResult['outcome']) => checks.filter((check) => check.outcome === outcome);
  const [failed, passed, blind] = [by('failed'), by('passed'), by('could-not-run')];
  const covered = new Set(checks.map(({ speaksFor }) => speaksFor));
  const uncovered = suspected.filter((kind) => kind !== 'unknown' && !covered.has(kind));
  return [
    ...(failed.length > 0 ? [`${count(failed.length, 'check')} failed: ${aboutWhat(failed)}`] : []),
    ...(passed.length > 0 ? [`${count(passed.length, 'check')} passed: ${aboutWhat(passed)}`] : []),
    ...(blind.length > 0 ? [`${count(blind.length, 'check')} had no data`] : []),
    ...uncovered.map((kind) => `not checked: ${FAULT_TYPE_WORDS[kind]}`),
  ].join('; ');
}

/** The fault types that checks are about, each once; a check that is about none by its own name. */
function aboutWhat(checks: readonly Pick<CheckResult, 'check' | 'speaksFor'>[]): string {
  const names = checks.map(({ check, speaksFor }) => faultTypeWords(speaksFor) ?? check);
  return listOf([...new Set(names)], 6);
}

/** The words of a fault type that came as text; null when it is none. */
export function faultTypeWords(kind: string | null): string | null {
  return kind !== null && Object.hasOwn(FAULT_TYPE_WORDS, kind) ? FAULT_TYPE_WORDS[kind as FaultKind] : null;
}
