import type { CertificatePair } from '../../test/support/certificates.js';
import type { RuntimeInjection } from './fault-catalog.js';
import type { Settings } from './topology.js';

/** What a service process is told on its command line, as JSON. */
export interface Launch {
  service: string;
  version: string;
  settings: Settings;
  port: number;
  adminPort: number;
  /** Port of each service, by its name. */
  ports: Record<string, number>;
  /** Port of the name server that knows where services are, on this machine. */
  nameServerPort: number;
  /** Certificate of the authority that callees with TLS are trusted by. */
  caFile: string;
  /** What a service with TLS shows; null for one without. */
  certificates: { good: CertificatePair; ended: CertificatePair } | null;
  /** Where PostgreSQL listens, for the service that keeps its data there. */
  postgresPort: number | null;
  /** Where lines of logs go, and spans: files that all services share. */
  logFile: string;
  spanFile: string;
  /** Faults that outlive a crash of the process. */
  faults: RuntimeInjection[];
}

/**
 * Parent to service. A new release starts beside the old one (`ready`), the old one lets go of its ports
 * (`retire`, `retired`), then the new one takes them (`listen`, `listening`): no request finds the door closed.
 */
export type ToService = 'listen' | 'retire';
export type FromService = 'ready' | 'listening' | 'retired';

/** What the load generator is told on its command line, as JSON. */
export interface LoadLaunch {
  edgePort: number;
  /** Requests per second at the edge. */
  rate: number;
  seed: number;
}

/** Parent to load generator. `factor` multiplies the journeys; `flood` goes straight to one service. */
export interface ToLoad {
  factor: number;
  flood: Flood | null;
}

export interface Flood {
  port: number;
  /** Requests per second. */
  rate: number;
  requests: { method: 'GET' | 'POST'; path: string }[];
  tls: boolean;
}
