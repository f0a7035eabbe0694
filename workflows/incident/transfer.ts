import { CancellationScope, condition } from '@temporalio/workflow';
import { jsonBytes } from '../../model/bytes.js';
import type { OutboxItem } from '../../model/delivery.js';
import { deliver } from '../activity-options.js';
import { failureReason } from '../failure-reason.js';
import { now } from '../time.js';
import type { IncidentContext } from './context.js';

/** What one activity delivers at a time, in UTF-8 JSON. */
const MOST_DELIVERY_BYTES = 512 * 1024;

/**
 * Gives alerts to other incidents as ordered. They stay with this incident until the other one has them; when that
 * fails for good they stay for ever, and the record says so. Never ends.
 */
export async function deliverTransfers(context: IncidentContext): Promise<void> {
  for (;;) {
    await condition(() => context.incident.transfers.length > 0);
    const [transfer] = context.incident.transfers;
    if (!transfer) continue;
    try {
      const items = firstOf(transfer.items);
      if (items.length > 0) await delivered(items, transfer.to);
      const ids = items.map(({ message }) => message.id);
      context.apply({ kind: 'delivered', transfer: transfer.id, ids, at: now() });
    } catch (error) {
      context.apply({ kind: 'transfer-failed', transfer: transfer.id, why: failureReason(error), at: now() });
    }
  }
}

/** Also while the incident is being cancelled. */
async function delivered(items: OutboxItem[], to: string): Promise<void> {
  const summary = `Give alerts to ${to}`;
  await CancellationScope.nonCancellable(() => deliver.executeWithOptions({ summary }, [{ items }]));
}

function firstOf(items: readonly OutboxItem[]): OutboxItem[] {
  let bytes = 0;
  const end = items.findIndex((item) => (bytes += jsonBytes(item)) > MOST_DELIVERY_BYTES);
  return items.slice(0, end < 0 ? items.length : Math.max(end, 1));
}
