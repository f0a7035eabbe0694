import type { Anomaly } from '../model/anomaly.js';
import { jsonBytes } from '../model/bytes.js';

/** Bytes of one signal: Temporal warns of payloads above 512 KiB and refuses them above 2 MiB. */
const MAX_BATCH_BYTES = 400 * 1024;

export interface Batch {
  environment: string;
  anomalies: Anomaly[];
}

/** Divides anomalies by environment, in their order, into batches that fit one signal each. */
export function batchesOf(anomalies: Anomaly[], maxBytes = MAX_BATCH_BYTES): Batch[] {
  const batches: Batch[] = [];
  const filling = new Map<string, { batch: Batch; bytes: number }>();
  for (const anomaly of anomalies) {
    const bytes = jsonBytes(anomaly);
    const current = filling.get(anomaly.environment);
    if (current && current.bytes + bytes <= maxBytes) {
      current.batch.anomalies.push(anomaly);
      current.bytes += bytes;
    } else {
      const batch = { environment: anomaly.environment, anomalies: [anomaly] };
      batches.push(batch);
      filling.set(anomaly.environment, { batch, bytes });
    }
  }
  return batches;
}
