import { workflowInfo } from '@temporalio/workflow';
import type { Policy } from '../activities/contract.js';

/** Address of this run in the Temporal UI; null where no UI is configured. */
export function runUrl({ uiUrl }: Pick<Policy, 'uiUrl'>): string | null {
  if (uiUrl === null) return null;
  const { workflowId, runId, namespace } = workflowInfo();
  const run = `namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}`;
  return `${uiUrl.replace(/\/$/, '')}/${run}`;
}
