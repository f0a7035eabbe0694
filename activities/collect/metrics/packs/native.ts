import type { Pack } from './schema.js';

/*
 * Prometheus keeps a native histogram under the name that the classic one has before `_bucket`, `_sum` and `_count`.
 * What a pack asks of the classic ones is asked of the native ones likewise.
 */

/** What stands between the braces of a selector: texts may hold braces. */
const SELECTOR = String.raw`\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\}`;
const CLASSIC = new RegExp(
  String.raw`\b(rate|increase)\((\w+)_(bucket|sum|count)(${SELECTOR}\[[^\]]*\](?: offset [^()]+)?)\)`,
  'g',
);
const BUCKETS = /\b(\w+)_bucket\b/g;
const BY_LE = /\bby \(([^()]*)\)/g;

/**
 * The pack as it reads the native histograms of the same names; null where it reads no histograms. What asks for a
 * bucket of its own, which a native histogram does not have, is left out.
 */
export function nativeVariant(pack: Pack): Pack | null {
  const { signals, edges, placements, changes, checks, detect } = pack;
  const bases = basesIn([...signals, ...checks].map(({ query }) => query));
  const named = [...detect.all, ...detect.any].map((metric) => baseOf(metric, bases));
  const native = named.find((base) => base !== null) ?? [...bases][0];
  if (native === undefined || detect.like !== undefined) return null;
  const rename = (metrics: readonly string[]): string[] =>
    metrics.map((metric) => baseOf(metric, bases) ?? metric);
  const all = <Spec extends { query: string }>(specs: readonly Spec[]): Spec[] =>
    specs.flatMap((spec) => {
      const query = nativeQuery(spec.query, bases);
      return query === null ? [] : [{ ...spec, query }];
    });
  return {
    ...pack,
    name: `${pack.name}/native`,
    about: `${pack.about}, in native histograms`,
    detect: { ...detect, all: [...new Set([...rename(detect.all), native])], any: rename(detect.any) },
    callees: pack.callees && { ...pack.callees, metric: rename([pack.callees.metric])[0]! },
    signals: all(signals),
    edges: all(edges),
    placements: all(placements),
    changes: all(changes),
    checks: all(checks),
    native,
  };
}

function basesIn(queries: readonly string[]): ReadonlySet<string> {
  return new Set(queries.flatMap((query) => [...query.matchAll(BUCKETS)].map(([, base]) => base!)));
}

function baseOf(metric: string, bases: ReadonlySet<string>): string | null {
  const base = metric.replace(/_(?:bucket|sum|count)$/, '');
  return base !== metric && bases.has(base) ? base : null;
}

/**
 * The query over native histograms of these names. Null where parts of a histogram are read otherwise than by their
 * rate, which has no like. */
export function nativeQuery(query: string, bases: ReadonlySet<string>): string | null {
  const rewritten = query.replace(
    CLASSIC,
    (whole, over: string, base: string, part: string, rest: string) => {
      if (!bases.has(base) || /\ble\s*[!=]/.test(rest)) return whole;
      const rate = `${over}(${base}${rest})`;
      return part === 'bucket' ? rate : `histogram_${part}(${rate})`;
    },
  );
  const left = [...rewritten.matchAll(/\b\w+_(?:bucket|sum|count)\b/g)];
  if (left.some(([metric]) => baseOf(metric, bases) !== null)) return null;
  return rewritten.replace(BY_LE, (_, labels: string) => `by (${withoutLe(labels)})`);
}

function withoutLe(labels: string): string {
  return labels
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== 'le')
    .join(', ');
}
