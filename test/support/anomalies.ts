import type { Anomaly } from '../../model/anomaly.js';

/** 2026-11-24 10:42:50 UTC, when the sample alerts began. */
export const T0 = Date.UTC(2026, 10, 24, 10, 42, 50) / 1000;

/** A firing anomaly of the checkout service; `differences` replace single fields. */
export function anAnomaly(differences: Partial<Anomaly> = {}): Anomaly {
  return {
    source: 'alertmanager',
    fingerprint: 'd97c3f1577677248',
    group: '0a1b2c3d4e5f',
    status: 'firing',
    environment: 'production',
    service: 'checkout',
    symptom: 'latency',
    severity: 'critical',
    title: 'CheckoutSlow: p95 above 1 s',
    startedAt: T0,
    endedAt: null,
    labels: { alertname: 'CheckoutSlow', service: 'checkout', severity: 'critical' },
    annotations: { summary: 'p95 above 1 s' },
    links: [],
    ...differences,
  };
}
