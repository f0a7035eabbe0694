import { isMatch } from 'matcher';
import type { Anomaly } from '../../model/anomaly.js';
import type { ActiveSilence } from '../../model/triage.js';

/** The first of the silences that covers an anomaly. */
export function silenceOf(anomaly: Anomaly, silences: readonly ActiveSilence[]): ActiveSilence | undefined {
  return silences.find(({ match }) =>
    Object.entries(match).every(([label, pattern]) => {
      const value = valueOf(anomaly, label);
      return value !== undefined && isMatch(value, pattern, { caseSensitive: true });
    }),
  );
}

/** What Faultline made of the alert goes before the label of the same name: that is what summaries show. */
function valueOf(anomaly: Anomaly, label: string): string | undefined {
  switch (label) {
    case 'service':
    case 'source':
    case 'severity':
    case 'symptom':
      return anomaly[label];
    default:
      return Object.hasOwn(anomaly.labels, label) ? anomaly.labels[label] : undefined;
  }
}
