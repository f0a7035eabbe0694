import type { Anomaly } from '../../model/anomaly.js';
import { present } from './labels.js';
import { shortHash, type Signal } from './signal.js';

/** An alert in our own words, for senders whose format is not given by a product. */
export interface PlainAlert {
  title: string;
  /** What stays the same as long as it is the same alert, in parts. */
  fingerprint: readonly string[];
  /** What belongs together; the alert alone when left out. */
  group?: string | undefined;
  status: Anomaly['status'];
  service?: string | undefined;
  environment?: string | undefined;
  summary?: string | undefined;
  severity?: string | undefined;
  symptom?: string | undefined;
  /** Unix seconds; unknown when left out. */
  startedAt?: number | undefined;
  endedAt?: number | undefined;
  labels?: Record<string, string> | undefined;
  links?: readonly (readonly [title: string, url: string | undefined])[] | undefined;
}

/** @param source as anomalies name it */
export function plainSignal(source: string, alert: PlainAlert): Signal {
  const { title, fingerprint, group, startedAt, symptom, labels = {}, ...rest } = alert;
  const identity = [source, ...fingerprint].join('\n');
  return {
    source,
    ...rest,
    name: title,
    fingerprint: shortHash(identity),
    group: group === undefined ? [identity] : [source, group],
    startedAt,
    startUnknown: startedAt === undefined,
    labels: { ...labels, ...present({ symptom }) },
    hints: [alert.summary],
  };
}
