import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { ReportedChanges } from './changes/reported-changes.js';
import type { EvidenceStore } from '../record/evidence-store.js';
import type { Pack } from './metrics/packs/schema.js';
import type { MetricsSource } from './metrics/source/source.js';

/** What the collecting activities are made of. */
export interface CollectDeps {
  source: MetricsSource;
  /** All packs that are known; which apply is detected. */
  packs: readonly Pack[];
  config: Config;
  store: EvidenceStore;
  /** What was told to Faultline of changes. */
  reported: Pick<ReportedChanges, 'read'>;
  log: Logger;
}

/** Queries of one activity at a time: a diagnosis leaves room for the dashboards of those who fight the incident. */
export const CONCURRENCY = 4;
