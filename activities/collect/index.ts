import type { InvestigationSteps } from '../contract.js';
import { createCollectChanges } from './changes/collect-changes.js';
import { createCollectLogs } from './logs/collect-logs.js';
import { createCollectMetrics } from './metrics/collect-metrics.js';
import type { CollectDeps } from './deps.js';
import { createCollectSlices } from './slices/collect-slices.js';
import { createCollectState } from './state/collect-state.js';
import { createCollectTraces } from './traces/collect-traces.js';
import { createPlanScope } from './scope/plan-scope.js';

export { collectChanges } from './changes/collect-changes.js';
export { collectLogs } from './logs/collect-logs.js';
export { collectTraces } from './traces/collect-traces.js';
export { collectMetrics } from './metrics/collect-metrics.js';
export type { CollectDeps } from './deps.js';
export { detectPacks } from './metrics/packs/detect.js';
export { loadPacks } from './metrics/packs/load.js';
export { proposePacks, type Proposals } from './metrics/propose/propose.js';
export { collectSlices } from './slices/collect-slices.js';
export { planScope } from './scope/plan-scope.js';
export { listServices, matchingService } from './scope/service-list.js';
export { surveyEstate, type Survey, type SurveyedService } from './scope/survey.js';
export { openSource } from './metrics/source/open.js';
export { recordingOf } from './metrics/source/recording-writer.js';
export type { MetricsSource } from './metrics/source/source.js';

/** The activities that read what an analysis needs. */
export function createCollect(
  deps: CollectDeps,
): Pick<
  InvestigationSteps,
  | 'planScope'
  | 'collectMetrics'
  | 'collectLogs'
  | 'collectTraces'
  | 'collectState'
  | 'collectChanges'
  | 'collectSlices'
> {
  return {
    ...createPlanScope(deps),
    ...createCollectMetrics(deps),
    ...createCollectLogs(deps),
    ...createCollectTraces(deps),
    ...createCollectState(deps),
    ...createCollectChanges(deps),
    ...createCollectSlices(deps),
  };
}
