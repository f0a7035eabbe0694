import type { Binding } from '../../../../model/reading.js';
import { baseOf } from '../../../../model/identity/names.js';
import type { Pack, Selection } from './schema.js';
import { fill, quotePromql, quoteRegex } from './template.js';

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

/** The label that names the subject in the answer to a query. */
export function subjectLabel(spec: Spec, binding: Binding): string {
  return spec.label ?? (spec.of === 'host' ? binding.host : binding.service);
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
  const matchers = Object.entries(also).map(([label, value]) => `${label}=${quotePromql(value)}`);
  return fill(spec.query, {
    selector: [selectorFor(spec, pack, binding, names), ...(binding.where ?? []), ...matchers].join(', '),
    service: binding.service,
    host: binding.host,
    window: `${spans.window}s`,
    lookback: `${spans.lookback}s`,
    before: `${spans.before}s`,
    since: `${spans.since}s`,
  }).trim();
}

function selectorFor(spec: Spec, pack: Pack, binding: Binding, names: readonly string[]): string {
  const isHost = spec.of === 'host';
  const selection = spec.select ?? (spec.label || isHost ? undefined : pack.select);
  const label = selection?.label ?? subjectLabel(spec, binding);
  // A label without namespaces holds the bare name, whatever the service is called among its namesakes.
  const written = (isHost || binding.namespaced ? names : names.map(baseOf)).filter((name) => name !== '');
  if (written.length === 0) return `${label}!=""`;
  const alternatives = [...new Set(written)].map(quoteRegex).join('|');
  if (selection) return `${label}=~${quotePromql(selection.pattern.replace('$names', () => alternatives))}`;
  if (isHost) return `${label}=~${quotePromql(`(?:${alternatives})(?::[0-9]+)?`)}`;
  if (binding.namespaced) return `${label}=~${quotePromql(`(?:[^/]+/)?(?:${alternatives})`)}`;
  if (written.length === 1) return `${label}=${quotePromql(written[0]!)}`;
  return `${label}=~${quotePromql(alternatives)}`;
}
