import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Reading } from './reading.js';
import type { SpoolStatus } from './spool.js';

/** Why a post was not accepted, as metrics label. */
export type RejectReason =
  | 'malformed'
  | 'unauthorized'
  | 'too-large'
  | 'media-type'
  | 'verification-unavailable'
  | 'temporal-unavailable'
  | 'internal';

/** What the receiver counts about itself, for Prometheus. */
export interface IntakeMetrics {
  registry: Registry;
  received(source: string): void;
  accepted(source: string, reading: Reading, seconds: number): void;
  rejected(source: string, reason: RejectReason): void;
}

/** @param spoolStatus of the spool, at each scrape; null without one */
export function createIntakeMetrics(spoolStatus: () => SpoolStatus | null): IntakeMetrics {
  const registry = new Registry();
  const registers = [registry];
  const received = new Counter({
    name: 'faultline_intake_received_total',
    help: 'Posts that arrived.',
    labelNames: ['source'],
    registers,
  });
  const accepted = new Counter({
    name: 'faultline_intake_accepted_total',
    help: 'Posts whose alerts Temporal, or the spool, holds.',
    labelNames: ['source'],
    registers,
  });
  const anomalies = new Counter({
    name: 'faultline_intake_anomalies_total',
    help: 'Alerts of accepted posts that were handed to triage, repeats included.',
    labelNames: ['source'],
    registers,
  });
  const leftOut = new Counter({
    name: 'faultline_intake_left_out_total',
    help: 'Alerts of accepted posts that were not handed to triage, by reason.',
    labelNames: ['source', 'reason'],
    registers,
  });
  const adjusted = new Counter({
    name: 'faultline_intake_adjusted_total',
    help: 'Alerts whose start, environment or size was changed; their note says how.',
    labelNames: ['source', 'what'],
    registers,
  });
  const rejected = new Counter({
    name: 'faultline_intake_rejected_total',
    help: 'Posts that were not accepted, by reason.',
    labelNames: ['source', 'reason'],
    registers,
  });
  const acceptSeconds = new Histogram({
    name: 'faultline_intake_accept_seconds',
    help: 'Time from the arrival of a post until Temporal held it.',
    labelNames: ['source'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers,
  });
  new Gauge({
    name: 'faultline_intake_spooled_anomalies',
    help: 'Alerts that wait on disk for Temporal.',
    registers,
    collect() {
      this.set(spoolStatus()?.waiting ?? 0);
    },
  });
  new Gauge({
    name: 'faultline_intake_spool_oldest_seconds',
    help: 'How long the oldest alert on disk waits for Temporal.',
    registers,
    collect() {
      this.set(spoolStatus()?.oldestSeconds ?? 0);
    },
  });
  new Gauge({
    name: 'faultline_intake_spool_put_aside',
    help: 'Batches of the spool that were refused or unreadable and are not delivered, since the start.',
    labelNames: ['reason'],
    registers,
    collect() {
      const { refused = 0, unreadable = 0 } = spoolStatus()?.putAside ?? {};
      this.set({ reason: 'refused' }, refused);
      this.set({ reason: 'unreadable' }, unreadable);
    },
  });
  return {
    registry,
    received: (source) => received.inc({ source }),
    accepted: (source, reading, seconds) => {
      accepted.inc({ source });
      anomalies.inc({ source }, reading.anomalies.length);
      for (const { reason, count } of reading.leftOut) leftOut.inc({ source, reason }, count);
      for (const [what, count] of reading.adjusted) adjusted.inc({ source, what }, count);
      acceptSeconds.observe({ source }, seconds);
    },
    rejected: (source, reason) => rejected.inc({ source, reason }),
  };
}
