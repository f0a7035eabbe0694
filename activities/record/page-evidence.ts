import type { IncidentRecord } from '../../model/incident.js';
import { noEvidence, type PageEvidence, type PlottedSeries } from '../../report/page/evidence.js';
import { namedSeries } from '../../report/page/named-series.js';
import { reduceSeries } from '../../report/page/reduce.js';
import { EvidenceCorrupt, EvidenceMissing, type EvidenceStore } from './evidence-store.js';

/**
 * The samples that the page of a record plots: the series that the record names, of the evidence that it points at.
 * A blob that cannot be read is told in `missing`; the page is then poorer, and still made.
 */
export async function readPageEvidence(
  record: IncidentRecord,
  store: Pick<EvidenceStore, 'get'>,
): Promise<PageEvidence> {
  const { diagnosis, evidence } = record;
  if (!diagnosis) return { series: [], missing: [] };
  if (evidence.length === 0) return noEvidence('no evidence was stored with this record');
  const wanted = new Set(namedSeries(record).named.map(({ meta }) => meta.id));
  const found = new Map<string, PlottedSeries>();
  const missing: string[] = [];
  // One after another: a blob of a large estate is many times what of it is plotted.
  for (const { uri, summary } of evidence.filter(({ kind }) => kind === 'series')) {
    try {
      for (const series of await store.get(uri)) {
        if (wanted.has(series.id)) found.set(series.id, reduceSeries(series, diagnosis));
      }
    } catch (error) {
      missing.push(`the stored ${summary} ${whyUnreadable(error)}`);
    }
  }
  return { series: [...found.values()], missing };
}

function whyUnreadable(error: unknown): string {
  if (error instanceof EvidenceMissing) return 'are not in this store any more';
  if (error instanceof EvidenceCorrupt) return 'are damaged';
  return `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`;
}
