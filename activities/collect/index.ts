import type { InvestigationSteps } from '../contract.js';
import { createCollectChanges } from './collect-changes.js';
import { createCollectMetrics } from './collect-metrics.js';
import type { CollectDeps } from './deps.js';
import { createPlanScope } from './plan-scope.js';

export { collectChanges } from './collect-changes.js';
export { collectMetrics } from './collect-metrics.js';
export type { CollectDeps } from './deps.js';
export { detectPacks } from './packs/detect.js';
export { loadPacks } from './packs/load.js';
export { planScope } from './plan-scope.js';
export { listServices, matchingService } from './service-list.js';
export { openSource } from './source/open.js';
export { recordingOf } from './source/recording-writer.js';
export type { MetricsSource } from './source/source.js';

/** The activities that look at the world before anything is thought. */
export function createCollect(
  deps: CollectDeps,
): Pick<InvestigationSteps, 'planScope' | 'collectMetrics' | 'collectChanges'> {
  return { ...createPlanScope(deps), ...createCollectMetrics(deps), ...createCollectChanges(deps) };
}
