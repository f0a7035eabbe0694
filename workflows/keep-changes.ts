import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import type { ReportedChange } from '../model/change.js';
import { shortSummary } from '../report/details.js';

/** A store that is away may be away for a night; after two days a change is of no use to anybody. */
const { keepChanges: keep } = proxyActivities<Pick<Activities, 'keepChanges'>>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '2d',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** Brings changes that were reported into the store, however long the store or every worker is away. */
export async function keepChanges({ changes }: { changes: ReportedChange[] }): Promise<void> {
  const [one] = changes;
  const more = changes.length > 1 ? ` and ${changes.length - 1} more` : '';
  await keep.executeWithOptions({ summary: shortSummary(`Keep ${one?.title ?? 'no change'}${more}`) }, [
    { changes },
  ]);
}
