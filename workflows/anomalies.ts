import type { Anomaly, Severity } from '../model/anomaly.js';

/** One episode of an alert: repeats of it change nothing, its next episode begins at another time. */
export function episodeOf(anomaly: Anomaly): string {
  return `${anomaly.fingerprint}@${Math.round(anomaly.startedAt)}`;
}

export function worstSeverity(anomalies: Anomaly[]): Severity {
  const order: Severity[] = ['critical', 'warning', 'info'];
  return order.find((level) => anomalies.some((anomaly) => anomaly.severity === level)) ?? 'info';
}
