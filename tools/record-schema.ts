import { z } from 'zod';
import { anomaly } from '../model/anomaly.js';
import { change } from '../model/change.js';
import { checkResult } from '../model/check.js';
import { diagnosis, evidence, movement, onset, suspect, symptom, verdict } from '../model/diagnosis.js';
import { gap } from '../model/gap.js';
import { feedback, incidentRecord, RECORD_SCHEMA_ID } from '../model/incident.js';
import { seriesMeta } from '../model/series.js';

/** Parts that readers meet in more than one place, or look for by name. */
const NAMED = {
  Anomaly: anomaly,
  Change: change,
  CheckResult: checkResult,
  Diagnosis: diagnosis,
  Evidence: evidence,
  Gap: gap,
  Feedback: feedback,
  Movement: movement,
  Onset: onset,
  SeriesMeta: seriesMeta,
  Suspect: suspect,
  Symptom: symptom,
  Verdict: verdict,
};

/**
 * The incident record as JSON Schema (draft 2020-12), as text that ends with a line break. Fields that a reader
 * does not know are allowed: what is added later stays version 1.
 */
export function recordSchema(): string {
  const names = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) names.add(schema, { id });
  const { $schema, ...body } = z.toJSONSchema(incidentRecord, { metadata: names, io: 'input' });
  const head = {
    $schema,
    $id: RECORD_SCHEMA_ID,
    title: 'Faultline incident record, version 1',
    description:
      'The result of an incident, the only input of every rendering. Times are seconds since the Unix epoch, ' +
      'durations and latencies seconds, ratios 0 to 1, sizes bytes. Of several revisions keep the highest.',
  };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}
