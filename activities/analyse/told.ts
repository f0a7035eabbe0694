import type { DiagnosisInput } from '../../analysis/input.js';
import type { EvidenceKind, EvidenceRef } from '../../model/incident.js';
import { joinedLogs, joinedSpans } from '../../model/telemetry.js';
import type { EvidenceStore } from '../record/evidence-store.js';

/** What an analysis reads from the store. */
export type Told = Pick<DiagnosisInput, 'series' | 'logs' | 'spans' | 'conditions' | 'slices'>;

/** Reads all evidence of an investigation, several sources of a kind as one; null where none of a kind was read. */
export async function readTold(
  store: Pick<EvidenceStore, 'get' | 'getTable'>,
  evidence: readonly EvidenceRef[],
): Promise<Told> {
  const of = (kind: EvidenceKind): EvidenceRef[] => evidence.filter((ref) => ref.kind === kind);
  const [series, logs, spans, conditions, slices] = await Promise.all([
    Promise.all(of('series').map(({ uri }) => store.get(uri))),
    Promise.all(of('logs').map(({ uri }) => store.getTable('logs', uri))),
    Promise.all(of('spans').map(({ uri }) => store.getTable('spans', uri))),
    Promise.all(of('conditions').map(({ uri }) => store.getTable('conditions', uri))),
    Promise.all(of('slices').map(({ uri }) => store.getTable('slices', uri))),
  ]);
  return {
    series: series.flat(),
    logs: joinedLogs(logs),
    spans: joinedSpans(spans),
    conditions: conditions.length === 0 ? null : conditions.flat(),
    slices,
  };
}
