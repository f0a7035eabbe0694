import type { Binding } from '../../../../model/reading.js';
import { baseOf } from '../../../../model/identity/names.js';
import type { Pack, Selection } from './schema.js';
import { fill, quotePromql, quoteRegex, rewriteMacro } from './template.js';

/** How one query is narrowed and its answer read. */
interface Spec {
  query: string;
  of?: 'service' | 'edge' | 'host';
  label?: string | undefined;
  select?: Selection | undefined;
}

/** Seconds that queries cover; one set for a whole diagnosis, so that its queries agree. */
export interface Spans {
  /** Of rates. */
  window: number;
  /** Of what is searched for in the whole baseline window, such as edges. */
  lookback: number;
  /** From the end of the window back into the baseline window. */
  before: number;
  /** From the end of the window back to a little before the anomaly. */
  since: number;
}

/** Label that a query gives the service's name where that is only a part of a label's value. */
const NAME = 'workload';

/** Label that a query gives the callee's name where one of several labels, or a part of one, tells it. */
export const CALLEE = 'called_service';

/** What `$name` stands for where a name is read: it begins with a letter, as addresses do not. */
const ANY_NAME = '([a-zA-Z].*?)';

/** The label that names the subject in the answer to a query. */
export function subjectLabel(spec: Spec, binding: Binding): string {
  return spec.label ?? (spec.of === 'host' ? binding.host : serviceLabel(binding));
}

function serviceLabel({ service, pattern }: Binding): string {
  return pattern === undefined ? service : NAME;
}

/** The name of a service in the value of a label; null where the pattern does not fit. */
export function nameIn(value: string, pattern: string | undefined): string | null {
  if (pattern === undefined) return value === '' ? null : value;
  const name = new RegExp(`^(?:${nameRead(pattern)})$`).exec(value)?.[1];
  return name === undefined || name === 'localhost' ? null : name;
}

/** A pattern (RE2) whose first group is the name in the value of a label. */
export function nameRead(pattern: string | undefined): string {
  return pattern === undefined ? '(.+)' : withName(pattern, ANY_NAME);
}

function withName(pattern: string, name: string): string {
  return pattern.replace('$name', () => name);
}

/**
 * The query as it can be pasted, narrowed to these services (hosts, for a query of hosts).
 *
 * @param also further labels that must have just this value
 */
export function queryFor(
  spec: Spec,
  pack: Pack,
  binding: Binding,
  names: readonly string[],
  spans: Spans,
  also: Readonly<Record<string, string>> = {},
): string {
  const { [CALLEE]: callee, ...others } = also;
  const matchers = Object.entries(others).map(([label, value]) => `${label}=${quotePromql(value)}`);
  const template = rewriteMacro(
    rewriteMacro(spec.query, 'called', (inner) => withCallee(inner, pack, binding)),
    'named',
    (inner) =>
      binding.pattern === undefined ? inner : withLabel(inner, NAME, binding.service, binding.pattern),
  );
  const query = fill(template, {
    selector: [selectorFor(spec, pack, binding, names), ...(binding.where ?? []), ...matchers].join(', '),
    service: serviceLabel(binding),
    host: binding.host,
    window: `${spans.window}s`,
    lookback: `${spans.lookback}s`,
    before: `${spans.before}s`,
    since: `${spans.since}s`,
  }).trim();
  // Only the query itself gives this label: no selector can ask for it.
  return callee === undefined
    ? query
    : `(${query}) and on (${CALLEE}) label_replace(vector(1), "${CALLEE}", ${quotePromql(callee)}, "", "")`;
}

/** An expression whose series also have a label with the name that another label holds. */
function withLabel(inner: string, label: string, from: string, pattern: string | undefined): string {
  return `label_replace(${inner}, "${label}", "$1", "${from}", ${quotePromql(nameRead(pattern))})`;
}

/** The last label is written first: each that is better takes its place where a series has it. */
function withCallee(inner: string, { callees }: Pack, binding: Binding): string {
  const there = (callees?.labels ?? []).filter(({ label }) => binding.callees?.includes(label) ?? true);
  return there.reduceRight((whole, { label, pattern }) => withLabel(whole, CALLEE, label, pattern), inner);
}

function selectorFor(spec: Spec, pack: Pack, binding: Binding, names: readonly string[]): string {
  const isHost = spec.of === 'host';
  const selection = spec.select ?? (spec.label || isHost ? undefined : pack.select);
  const label = selection?.label ?? spec.label ?? (isHost ? binding.host : binding.service);
  // A label without namespaces holds the bare name, whatever the service is called among its namesakes.
  const written = (isHost || binding.namespaced ? names : names.map(baseOf)).filter((name) => name !== '');
  if (written.length === 0) return `${label}!=""`;
  const alternatives = [...new Set(written)].map(quoteRegex).join('|');
  if (selection) return `${label}=~${quotePromql(selection.pattern.replace('$names', () => alternatives))}`;
  if (!isHost && !spec.label && binding.pattern !== undefined) {
    return `${label}=~${quotePromql(withName(binding.pattern, `(?:${alternatives})`))}`;
  }
  if (isHost) return `${label}=~${quotePromql(`(?:${alternatives})(?::[0-9]+)?`)}`;
  if (binding.namespaced) return `${label}=~${quotePromql(`(?:[^/]+/)?(?:${alternatives})`)}`;
  if (written.length === 1) return `${label}=${quotePromql(written[0]!)}`;
  return `${label}=~${quotePromql(alternatives)}`;
}
