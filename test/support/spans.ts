import type { SpanTable } from '../../model/telemetry.js';

/** What a table says of so many traces that were read whatever they are. */
export function ordinaryTraces(count: number): Pick<SpanTable, 'traceIds' | 'tracePages' | 'choice'> {
  return {
    traceIds: Array.from({ length: count }, (_, trace) => trace.toString(16).padStart(32, '0')),
    tracePages: Array.from({ length: count }, () => ''),
    choice: new Uint8Array(count),
  };
}
