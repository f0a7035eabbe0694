import { Counter, Gauge, Histogram, Registry } from 'prom-client';

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
  accepted(source: string, anomalies: number, seconds: number): void;
  rejected(source: string, reason: RejectReason): void;
}

/** `waitingOnDisk` is asked when somebody looks: signals that the spool holds. */
export function createIntakeMetrics(waitingOnDisk: () => number = () => 0): IntakeMetrics {
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
    help: 'Posts whose signals Temporal, or the spool, holds.',
    labelNames: ['source'],
    registers,
  });
  const anomalies = new Counter({
    name: 'faultline_intake_anomalies_total',
    help: 'Signals in accepted posts, repeats included.',
    labelNames: ['source'],
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
    help: 'Signals that wait on disk for Temporal.',
    registers,
    collect() {
      this.set(waitingOnDisk());
    },
  });
  return {
    registry,
    received: (source) => received.inc({ source }),
    accepted: (source, count, seconds) => {
      accepted.inc({ source });
      anomalies.inc({ source }, count);
      acceptSeconds.observe({ source }, seconds);
    },
    rejected: (source, reason) => rejected.inc({ source, reason }),
  };
}
