import type { SpanTable } from '../../model/telemetry.js';

/** Caller and callee of every span whose parent belongs to another service, each pair once. */
export function callsIn(spans: SpanTable): [caller: string, callee: string][] {
  const seen = new Set<number>();
  const calls: [string, string][] = [];
  const width = spans.services.length;
  for (let row = 0; row < spans.parent.length; row += 1) {
    const parent = spans.parent[row]!;
    if (parent < 0) continue;
    const caller = spans.service[parent]!;
    const callee = spans.service[row]!;
    const key = caller * width + callee;
    if (caller === callee || seen.has(key)) continue;
    seen.add(key);
    calls.push([spans.services[caller]!, spans.services[callee]!]);
  }
  return calls;
}
