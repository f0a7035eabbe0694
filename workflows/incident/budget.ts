import { jsonBytes } from '../../model/bytes.js';
import type { IncidentRecord } from '../../model/incident.js';

/**
 * A record that leaves the workflow (to be saved, answered or returned), in UTF-8 JSON. Temporal ends a workflow whose
 * activity input is above 2 MiB, and warns from 512 KiB on.
 */
export const MOST_RECORD_BYTES = 512 * 1024;

/** What is cut, one after the other until the record fits: what a reader misses least goes first. */
const CUTS: readonly { what: string; cut: (record: IncidentRecord) => Partial<IncidentRecord> }[] = [
  {
    what: 'annotations of the alerts',
    cut: ({ anomalies }) => ({ anomalies: anomalies.map((one) => ({ ...one, annotations: {} })) }),
  },
  {
    what: 'labels and links of the alerts',
    cut: ({ anomalies }) => ({ anomalies: anomalies.map((one) => ({ ...one, labels: {}, links: [] })) }),
  },
  {
    what: 'all but the latest 20 entries of the timeline',
    cut: ({ timeline }) => ({ timeline: timeline.slice(-20) }),
  },
  { what: 'all but 5 gaps', cut: ({ gaps }) => ({ gaps: gaps.slice(0, 5) }) },
  {
    what: 'all but the latest 10 publications',
    cut: ({ publications }) => ({ publications: publications.slice(-10) }),
  },
  { what: 'the excerpt of the diagnosis', cut: () => ({ diagnosis: null, changes: [], checks: [] }) },
  {
    what: 'all but the first alert',
    cut: ({ anomalies, unlisted }) => {
      const firing = anomalies.slice(1).filter(({ status }) => status === 'firing').length;
      const resolved = Math.max(0, anomalies.length - 1 - firing);
      return {
        anomalies: anomalies.slice(0, 1),
        unlisted: { firing: unlisted.firing + firing, resolved: unlisted.resolved + resolved },
      };
    },
  },
];

/** The record within its budget. A gap of it says what was cut. */
export function withinBudget(record: IncidentRecord, mostBytes = MOST_RECORD_BYTES): IncidentRecord {
  let fitting = record;
  const cut: string[] = [];
  for (const step of CUTS) {
    if (jsonBytes(fitting) <= mostBytes) break;
    fitting = { ...fitting, ...step.cut(fitting) };
    cut.push(step.what);
  }
  if (cut.length === 0) return record;
  const reason = `a record holds at most ${Math.round(mostBytes / 1024)} KiB`;
  return { ...fitting, gaps: [...fitting.gaps, { source: 'faultline', what: cut.join('; '), reason }] };
}
